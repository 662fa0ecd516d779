/** The arguments of the plugins that take some, as in kubescheduler.config.k8s.io/v1. */

import { duplicate, forbidden, invalid, type FieldError } from "../../model/field-error.ts";
import { nodeAffinity, topologySpreadConstraint } from "../../model/kinds/core/pod/affinity.ts";
import { checkLabelKey } from "../../model/labels.ts";
import { array, boolean, integer, object, oneOf, required, string, type Infer } from "../../model/schema.ts";
import { loadNames } from "../plugins/noderealload/loads-of.ts";
import { defaultRealLoadArgs, type RealLoadArgs } from "../plugins/noderealload/noderealload.ts";
import type { FitArgs } from "../plugins/noderesourcesfit/noderesourcesfit.ts";
import type { ResourceWeight } from "../plugins/noderesourcesfit/scored-resources.ts";
import type { ShapePoint } from "../plugins/noderesourcesfit/shares.ts";
import { usualAffinityArgs } from "../plugins/interpodaffinity/interpodaffinity.ts";
import type { InterPodAffinityArgs } from "../plugins/interpodaffinity/pulls.ts";
import type { SpreadDefaults } from "../plugins/podtopologyspread/constraints.ts";
import { systemDefaults } from "../plugins/podtopologyspread/podtopologyspread.ts";
import type { VolumeBindingArgs } from "../plugins/volumebinding/volumebinding.ts";
import type { ScoringStrategy } from "../plugins/noderesourcesfit/strategies.ts";

const weightMax = 100;
/** More would make a score slow for every node. */
const resourcesMax = 32;
const shapePointsMax = 100;

const resources = array(
  object("A resource of nodes.", {
    name: required(string("For instance cpu.")),
    weight: integer("How much it counts.", { default: 1, min: 1, max: weightMax }),
  }),
  "The resources that count.",
  {
    default: [{ name: "cpu" }, { name: "memory" }],
    maxLength: resourcesMax,
    check: (list: readonly { readonly name: string }[]) =>
      new Set(list.map(({ name }) => name)).size === list.length
        ? undefined
        : "must not name a resource twice",
  },
);

const shape = array(
  object("A point of the curve.", {
    utilization: integer("Percent of what the node offers.", { default: 0, min: 0, max: 100 }),
    score: integer("0 to 10.", { default: 0, min: 0, max: 10 }),
  }),
  "A curve: straight lines between these points.",
  {
    minLength: 1,
    maxLength: shapePointsMax,
    check: (points: readonly { readonly utilization?: number }[]) =>
      points.every(
        ({ utilization = 0 }, index) => index === 0 || utilization > (points[index - 1]?.utilization ?? 0),
      )
        ? undefined
        : "utilization values must be sorted, each larger than the one before",
  },
);

export const ratioArgs = object("A curve over the used share of each resource.", {
  shape: required(shape),
  resources,
});

export function ratioOf({ shape: points, resources: list }: Infer<typeof ratioArgs>): {
  shape: readonly ShapePoint[];
  resources: readonly ResourceWeight[];
} {
  return { shape: points as readonly ShapePoint[], resources: list as readonly ResourceWeight[] };
}

export const fitArgs = object("Of NodeResourcesFit.", {
  ignoredResources: array(string("Name."), "Extended resources that are not looked at.", { default: [] }),
  ignoredResourceGroups: array(
    string("For instance example.com for example.com/gpu.", {
      check: (group: string) => (group.includes("/") ? "must not contain a slash" : undefined),
    }),
    "Groups of extended resources that are not looked at.",
    { default: [] },
  ),
  scoringStrategy: object(
    "How nodes are scored.",
    {
      type: oneOf(["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"], "The strategy.", {
        default: "LeastAllocated",
      }),
      resources,
      requestedToCapacityRatio: object("Of the strategy of that name.", { shape: required(shape) }),
    },
    { default: {} },
  ),
});
type FitDocument = Infer<typeof fitArgs>;

export function checkFitArgs({ scoringStrategy }: FitDocument, path: string): FieldError[] {
  if (scoringStrategy?.type !== "RequestedToCapacityRatio") return [];
  if (scoringStrategy.requestedToCapacityRatio !== undefined) return [];
  const at = `${path}.scoringStrategy.requestedToCapacityRatio`;
  return [{ type: "Required", path: at, detail: "the strategy RequestedToCapacityRatio needs its shape" }];
}

export function fitOf({ ignoredResources = [], ignoredResourceGroups = [], ...rest }: FitDocument): FitArgs {
  return {
    ignoredResources,
    ignoredResourceGroups,
    scoringStrategy: rest.scoringStrategy as ScoringStrategy,
  };
}

export const balancedArgs = object("Of NodeResourcesBalancedAllocation.", { resources });
type BalancedDocument = Infer<typeof balancedArgs>;

export function checkBalancedArgs({ resources: list = [] }: BalancedDocument, path: string): FieldError[] {
  return list.flatMap(({ weight }, index) =>
    weight === 1 ? [] : [invalid(`${path}.resources[${index}].weight`, weight, "must be 1")],
  );
}

export function balancedOf({ resources: list = [] }: BalancedDocument): { resources: ResourceWeight[] } {
  return { resources: list as ResourceWeight[] };
}

/** Of a plugin that is made anew for each profile, but takes none. */
export const noArgs = object("None.", {});

export const nodeAffinityArgs = object("Of NodeAffinity.", { addedAffinity: nodeAffinity });

/** Both limit how many nodes are looked at; here it is all of them. */
export const preemptionArgs = object("Of DefaultPreemption.", {
  minCandidateNodesPercentage: integer("Has no effect.", { default: 10, min: 0, max: 100 }),
  minCandidateNodesAbsolute: integer("Has no effect.", { default: 100, min: 0 }),
});

const percentOf = (what: string) => integer(`${what}, in percent.`, { min: 1, max: 1000 });

export const realLoadArgs = object("Of NodeRealLoad.", {
  thresholds: object(
    "A node that is beyond one of these takes no pod.",
    {
      cpu: percentOf("Processors in use"),
      memory: percentOf("Memory in use"),
      disk: percentOf("Disk space in use"),
      diskTraffic: percentOf("How much of the time the busiest disk works"),
      network: percentOf("Traffic, of nagi.dev/network-mbps of the node"),
      overuse: percentOf("What pods used over some time, of what they asked for"),
    },
    { default: { memory: 95, disk: 95 } },
  ),
  countOthers: boolean("Whether what processes outside of pods use is taken off what the node offers.", {
    default: true,
  }),
  resources: array(
    object("A load that the score looks at.", {
      name: required(oneOf(loadNames, "Which one.")),
      weight: integer("How much it counts.", { default: 1, min: 1, max: weightMax }),
    }),
    "What the score looks at.",
    { default: [{ name: "cpu" }, { name: "memory" }], maxLength: loadNames.length },
  ),
});

export function realLoadOf({
  thresholds,
  countOthers,
  resources: list,
}: Infer<typeof realLoadArgs>): RealLoadArgs {
  const { thresholds: limits, ...preset } = defaultRealLoadArgs;
  return {
    thresholds: thresholds ?? limits,
    countOthers: countOthers ?? preset.countOthers,
    resources: (list as RealLoadArgs["resources"] | undefined) ?? preset.resources,
  };
}

export const volumeBindingArgs = object("Of VolumeBinding.", {
  bindTimeoutSeconds: integer(
    "How long claims may take to get their volumes before the pod is tried again.",
    {
      default: 600,
      min: 0,
    },
  ),
  shape,
});

export function bindingOf({
  bindTimeoutSeconds,
  shape: points,
}: Infer<typeof volumeBindingArgs>): VolumeBindingArgs {
  return { bindTimeoutSeconds, shape: points as readonly ShapePoint[] | undefined };
}

const constraintsMax = 32;

export const spreadArgs = object("Of PodTopologySpread.", {
  defaultConstraints: array(
    topologySpreadConstraint,
    "For pods without constraints; what owns a pod says which pods belong to it.",
    { maxLength: constraintsMax },
  ),
  defaultingType: oneOf(["System", "List"], "Whether the defaults are the built-in ones or those given.", {
    default: "System",
  }),
});
type SpreadDocument = Infer<typeof spreadArgs>;

export function checkSpreadArgs(
  { defaultConstraints = [], defaultingType }: SpreadDocument,
  path: string,
): FieldError[] {
  const at = `${path}.defaultConstraints`;
  if (defaultingType === "System" && defaultConstraints.length > 0) {
    return [invalid(at, undefined, "must be empty when defaultingType is System; List takes these")];
  }
  const seen = new Set<string>();
  return defaultConstraints.flatMap(({ topologyKey, whenUnsatisfiable, labelSelector }, index) => {
    const errors: FieldError[] = [];
    const wrong = checkLabelKey(topologyKey);
    if (wrong !== undefined) errors.push(invalid(`${at}[${index}].topologyKey`, topologyKey, wrong));
    if (labelSelector !== undefined) {
      const detail = "must not define a selector: it follows from what owns the pod";
      errors.push(forbidden(`${at}[${index}].labelSelector`, detail));
    }
    const what = `${topologyKey}, ${whenUnsatisfiable}`;
    if (seen.has(what)) errors.push(duplicate(`${at}[${index}]`, what));
    seen.add(what);
    return errors;
  });
}

export function spreadOf({ defaultConstraints = [], defaultingType }: SpreadDocument): SpreadDefaults {
  return defaultingType === "List" ? { constraints: defaultConstraints, areSystem: false } : systemDefaults;
}

export const affinityArgs = object("Of InterPodAffinity.", {
  hardPodAffinityWeight: integer(
    "What a required affinity of a placed pod adds to the score of nodes near it.",
    {
      default: usualAffinityArgs.hardPodAffinityWeight,
      min: 0,
      max: weightMax,
    },
  ),
  ignorePreferredTermsOfExistingPods: boolean(
    "Whether wishes of placed pods do not count for pods without wishes.",
    { default: usualAffinityArgs.ignorePreferredTermsOfExistingPods },
  ),
});

export function affinityOf(args: Infer<typeof affinityArgs>): InterPodAffinityArgs {
  return { ...usualAffinityArgs, ...args } as InterPodAffinityArgs;
}
