/** Random nodes and pods of few values, so that they meet: ports are taken, labels match, resources run short. */

import * as fc from "fast-check";
import type {
  ContainerObject,
  NodeObject,
  NodeSelectorTerm,
  PodObject,
  QuantityMap,
  TaintObject,
} from "../snapshot/objects.ts";

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

const extended = "example.com/gpu";

function quantities(values: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<QuantityMap> {
  const keys = Object.fromEntries(
    Object.entries(values).map(([name, choices]) => [name, fc.constantFrom(...choices)]),
  );
  return fc.record(keys, { requiredKeys: [] }) as fc.Arbitrary<QuantityMap>;
}

const zone = fc.constantFrom("a", "b");
const generation = fc.constantFrom("1", "2", "10", "old");

const taint: fc.Arbitrary<TaintObject> = fc.record({
  key: fc.constantFrom("dedicated", "old"),
  value: maybe(fc.constantFrom("x", "y")),
  effect: fc.constantFrom("NoSchedule", "PreferNoSchedule", "NoExecute"),
});

export const nodeNames = ["n1", "n2", "n3", "n4", "n5"];

export const arbitraryNode: fc.Arbitrary<NodeObject> = fc.record({
  metadata: fc.record({
    name: fc.constantFrom(...nodeNames),
    labels: maybe(
      fc.record({ zone, generation }, { requiredKeys: [] }) as fc.Arbitrary<Record<string, string>>,
    ),
  }),
  spec: fc.record({
    unschedulable: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
    taints: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(taint, { maxLength: 2 })),
  }),
  status: fc.record({
    allocatable: quantities({
      cpu: ["500m", "1", "2", "4"],
      memory: ["512Mi", "1Gi", "2G"],
      pods: ["1", "3", "110", "110"],
      "ephemeral-storage": ["1Gi"],
      [extended]: ["1", "2"],
    }),
  }),
});

const container: fc.Arbitrary<ContainerObject> = fc.record({
  resources: fc.record({
    requests: quantities({
      cpu: ["0", "100m", "250m", "1", "1500u"],
      memory: ["0", "100Mi", "0.5Gi", "129e6"],
      "ephemeral-storage": ["1Mi", "600Mi"],
      [extended]: ["0", "1"],
      "example.com/nowhere": ["0", "0", "1"],
    }),
  }),
  ports: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    fc.array(
      fc.record({
        hostPort: fc.constantFrom(0, 80, 81),
        protocol: maybe(fc.constantFrom("TCP", "UDP")),
        hostIP: maybe(fc.constantFrom("127.0.0.1", "127.0.0.2")),
      }),
      { maxLength: 2 },
    ),
  ),
});

const initContainer: fc.Arbitrary<ContainerObject> = fc
  .tuple(container, maybe(fc.constant("Always")))
  .map(([object, restartPolicy]) => ({ ...object, restartPolicy }));

const requirement = fc.oneof(
  fc.record({ key: fc.constant("zone"), operator: fc.constantFrom("In", "NotIn"), values: fc.array(zone) }),
  fc.record({
    key: fc.constantFrom("generation", "nothing"),
    operator: fc.constantFrom("Exists", "DoesNotExist"),
  }),
  fc.record({
    key: fc.constant("generation"),
    operator: fc.constantFrom("Gt", "Lt"),
    values: fc.tuple(fc.constantFrom("1", "2", "x")),
  }),
);

const term: fc.Arbitrary<NodeSelectorTerm> = fc.record(
  {
    matchExpressions: fc.array(requirement, { maxLength: 2 }),
    matchFields: fc.tuple(
      fc.record({
        key: fc.constant("metadata.name"),
        operator: fc.constantFrom("In", "NotIn"),
        values: fc.array(fc.constantFrom(...nodeNames), { minLength: 1, maxLength: 3 }),
      }),
    ),
  },
  { requiredKeys: ["matchExpressions"] },
);

const affinity = fc.record({
  nodeAffinity: fc.record(
    {
      requiredDuringSchedulingIgnoredDuringExecution: fc.record({
        nodeSelectorTerms: fc.array(term, { maxLength: 2 }),
      }),
      preferredDuringSchedulingIgnoredDuringExecution: fc.array(
        fc.record({ weight: fc.integer({ min: 1, max: 100 }), preference: term }),
        { maxLength: 2 },
      ),
    },
    { requiredKeys: [] },
  ),
});

const toleration = fc.record(
  {
    key: fc.constantFrom("dedicated", "old", "", "node.kubernetes.io/unschedulable"),
    operator: fc.constantFrom("Exists", "Equal"),
    value: fc.constantFrom("x", "y"),
    effect: fc.constantFrom("NoSchedule", "PreferNoSchedule", ""),
  },
  { requiredKeys: ["operator"] },
);

/** `number` makes name and identity. */
export function arbitraryPod(number: number): fc.Arbitrary<PodObject> {
  const spec = fc.record(
    {
      containers: fc.array(container, { minLength: 1, maxLength: 2 }),
      initContainers: fc.array(initContainer, { maxLength: 3 }),
      overhead: quantities({ cpu: ["50m"], memory: ["10Mi"] }),
      resources: fc.record({ requests: quantities({ cpu: ["300m"] }) }),
      nodeSelector: fc.record({ zone }) as fc.Arbitrary<Record<string, string>>,
      affinity,
      tolerations: fc.array(toleration, { maxLength: 2 }),
      nodeName: fc.constantFrom(...nodeNames),
    },
    { requiredKeys: ["containers"] },
  );
  const thinned = fc.tuple(spec, fc.integer({ min: 0, max: 127 })).map(([full, mask]) => thin(full, mask));
  const metadata = { name: `p${number}`, namespace: "default", uid: `uid-${number}` };
  return thinned.map((chosen): PodObject => ({ metadata, spec: chosen }));
}

/** Most pods say little. */
function thin(spec: PodObject["spec"], mask: number): PodObject["spec"] {
  const optional = ["initContainers", "overhead", "resources", "nodeSelector", "affinity", "tolerations"];
  const kept = Object.entries(spec).filter(([key]) => {
    if (key === "nodeName") return mask > 112;
    const index = optional.indexOf(key);
    return index < 0 || (mask & (1 << index)) !== 0;
  });
  return Object.fromEntries(kept) as unknown as PodObject["spec"];
}
