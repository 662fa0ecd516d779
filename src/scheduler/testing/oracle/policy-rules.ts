/** Rules and scores of OpenShift v3's policy file, with its arithmetic: whole numbers from 0 to 10. */

import { offered, scoredRequest } from "./amounts.ts";
import { imageLocality } from "./image-locality.ts";
import { nodeAffinity, taintToleration } from "./node-rules.ts";
import type { LabelSelector, Labels, Node, Pod } from "./objects.ts";
import { hasLabels, selects } from "./selectors.ts";
import { absolute, namespaceOf, placedPods, podsOn, type Rule, type World } from "./world.ts";

/** All of the labels are there, or none of them. */
export function labelsPresence(name: string, labels: readonly string[], presence: boolean): Rule {
  return {
    name,
    filter: (_pod, { metadata }) =>
      labels.every((label) => (metadata.labels?.[label] !== undefined) === presence)
        ? []
        : ["node(s) didn't have the requested labels"],
  };
}

/** What the pod does not say of these labels, the node of the first pod of its first service says. */
export function serviceAffinity(name: string, labels: readonly string[]): Rule {
  return {
    name,
    filter: (pod, node, world) => {
      const [first] = servicePods(pod, world).toSorted((a, b) => byAge(a.pod, b.pod));
      const isRight = labels.every((label) => {
        const wanted = pod.spec.nodeSelector?.[label] ?? first?.node.metadata.labels?.[label];
        return wanted === undefined || node.metadata.labels?.[label] === wanted;
      });
      return isRight ? [] : ["node(s) didn't match service affinity"];
    },
  };
}

function byAge(a: Pod, b: Pod): number {
  return (a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1;
}

/** Of the first service by name that picks the pod; pods that are going do not count. */
function servicePods(pod: Pod, world: World): readonly { readonly pod: Pod; readonly node: Node }[] {
  const [selector] = world.related.Service.toSorted((a, b) =>
    `${a.metadata.name}` < `${b.metadata.name}` ? -1 : 1,
  )
    .filter(({ metadata }) => metadata.namespace === namespaceOf(pod))
    .map(({ spec }) => spec.selector ?? {})
    .filter((each) => Object.keys(each).length > 0 && hasLabels(each, pod.metadata.labels));
  if (selector === undefined) return [];
  return placedPods(world).filter((other) =>
    isOneOf(other.pod, namespaceOf(pod), [{ matchLabels: selector }]),
  );
}

function isOneOf({ metadata }: Pod, namespace: string, selectors: readonly LabelSelector[]): boolean {
  if ((metadata.namespace ?? "") !== namespace || metadata.deletionTimestamp !== undefined) return false;
  return selectors.some((selector) => selects(selector, metadata.labels));
}

/** The smaller the share of the service's pods on nodes with the same value of the label, the better. */
export function serviceAntiAffinity(name: string, label: string): Rule {
  return {
    name,
    score: (pod, fitting, world) => {
      const others = servicePods(pod, world);
      const raw = fitting.map(({ metadata }) => {
        const value = metadata.labels?.[label];
        if (value === undefined) return 0;
        const same = others.filter(({ node }) => node.metadata.labels?.[label] === value).length;
        return others.length === 0 ? 10 : Math.trunc(10 * ((others.length - same) / others.length));
      });
      return absolute(raw);
    },
  };
}

type SpreadKind = "Service" | "ReplicationController" | "ReplicaSet" | "StatefulSet";

/** The fewer pods of the same services and controllers on the node, and twice as much in its zone, the better. */
export function selectorSpread(name: string, kinds: readonly SpreadKind[]): Rule {
  return {
    name,
    score: (pod, fitting, world) => {
      const selectors = kinds
        .flatMap((kind) => selectorsOf(kind, namespaceOf(pod), world))
        .filter((selector) => selects(selector, pod.metadata.labels));
      const counted = world.nodes.map((node) => ({
        zone: zoneOf(node.metadata.labels),
        node,
        count: podsOn(node, world).filter((other) => isOneOf(other, namespaceOf(pod), selectors)).length,
      }));
      const inZone = (zone: string): number =>
        counted.filter((each) => each.zone === zone).reduce((sum, { count }) => sum + count, 0);
      const most = Math.max(...counted.map(({ count }) => count));
      const mostInZone = Math.max(...counted.map(({ zone }) => (zone === "" ? 0 : inZone(zone))));
      const raw = fitting.map((node) => {
        const { count = 0, zone = "" } = counted.find((each) => each.node === node) ?? {};
        const own = most === 0 ? 10 : 10 * ((most - count) / most);
        if (zone === "") return Math.trunc(own);
        const ofZone = mostInZone === 0 ? 10 : 10 * ((mostInZone - inZone(zone)) / mostInZone);
        return Math.trunc(own * (1 - 2 / 3) + (2 / 3) * ofZone);
      });
      return absolute(raw);
    },
  };
}

function selectorsOf(kind: SpreadKind, namespace: string, { related }: World): readonly LabelSelector[] {
  const isHere = ({ metadata }: { metadata: { namespace?: string | undefined } }): boolean =>
    metadata.namespace === namespace;
  const all: LabelSelector[] =
    kind === "Service" || kind === "ReplicationController"
      ? related[kind].filter(isHere).map(({ spec }) => ({ matchLabels: spec.selector ?? {} }))
      : related[kind].filter(isHere).map(({ spec }) => spec.selector);
  return all.filter(
    ({ matchLabels = {}, matchExpressions = [] }) =>
      Object.keys(matchLabels).length + matchExpressions.length > 0,
  );
}

function zoneOf(labels: Labels = {}): string {
  const [region = "", zone = ""] = ["region", "zone"].map(
    (part) => labels[`topology.kubernetes.io/${part}`] ?? labels[`failure-domain.beta.kubernetes.io/${part}`],
  );
  return region + zone === "" ? "" : `${region}:${zone}`;
}

export function labelPreference(name: string, label: string, presence: boolean): Rule {
  return {
    name,
    score: (_pod, fitting) =>
      absolute(
        fitting.map(({ metadata }) => ((metadata.labels?.[label] !== undefined) === presence ? 10 : 0)),
      ),
  };
}

export const equalPriority: Rule = {
  name: "EqualPriority",
  score: (_pod, fitting) => absolute(fitting.map(() => 1)),
};

interface Load {
  readonly used: bigint;
  readonly all: bigint;
}

function ofLoads(name: string, scoreOf: (cpu: Load, memory: Load) => number): Rule {
  return {
    name,
    score: (pod, fitting, world) => {
      const loadOf = (node: Node, resource: string): Load => {
        const pods = [...podsOn(node, world), pod];
        const used = pods.reduce((sum, each) => sum + scoredRequest(each, resource), 0n);
        return { used, all: offered(node, resource) };
      };
      return absolute(fitting.map((node) => scoreOf(loadOf(node, "cpu"), loadOf(node, "memory"))));
    },
  };
}

export const leastRequestedPriority = ofLoads("LeastRequestedPriority", (cpu, memory) => {
  const free = ({ used, all }: Load): bigint => (all === 0n || used > all ? 0n : ((all - used) * 10n) / all);
  return Number((free(cpu) + free(memory)) / 2n);
});

export const mostRequestedPriority = ofLoads("MostRequestedPriority", (cpu, memory) => {
  const share = ({ used, all }: Load): bigint => (all === 0n || used > all ? 0n : (used * 10n) / all);
  return Number((share(cpu) + share(memory)) / 2n);
});

export const balancedPriority = ofLoads("BalancedResourceAllocation", (cpu, memory) => {
  const [ofCpu = 1, ofMemory = 1] = [cpu, memory].map(({ used, all }) =>
    all === 0n ? 1 : Number(used) / Number(all),
  );
  return ofCpu >= 1 || ofMemory >= 1 ? 0 : Math.trunc((1 - Math.abs(ofCpu - ofMemory)) * 10);
});

export const nodeAffinityPriority = tenth("NodeAffinityPriority", nodeAffinity());
export const imageLocalityPriority = tenth("ImageLocalityPriority", imageLocality);

function tenth(name: string, { score }: Rule): Rule {
  return {
    name,
    score: (pod, fitting, world) => {
      const scores = score?.(pod, fitting, world);
      return (
        scores && { raw: scores.raw, normalized: scores.normalized.map((each) => Math.trunc(each / 10)) }
      );
    },
  };
}

export const taintTolerationPriority: Rule = {
  name: "TaintTolerationPriority",
  score: (pod, fitting, world) => {
    const raw = taintToleration.score?.(pod, fitting, world)?.raw ?? [];
    const most = Math.max(0, ...raw);
    return { raw, normalized: raw.map((count) => (most === 0 ? 10 : 10 - Math.trunc((10 * count) / most))) };
  },
};
