import { expect, test } from "vitest";
import { newObject } from "../../../model/kind.ts";
import { daemonSet } from "../../../model/kinds/apps/daemonset/daemonset.ts";
import { aNode, aPod, builtAt } from "../../../model/testing/builders.ts";
import { decideDaemonSet } from "./decide.ts";
import { belongsOn, daemonTolerations } from "./placement.ts";

const set = newObject(
  daemonSet,
  { name: "d", namespace: "default" },
  {
    spec: { selector: {}, template: { spec: { containers: [{ name: "c", image: "i" }] } } },
  },
);
const nowMs = Date.parse(builtAt);

test("a pod that ended is replaced after a while, not at once", () => {
  const ended = aPod({ status: { phase: "Failed" }, spec: { nodeName: "n" } });
  const at = (ageMs: number) =>
    decideDaemonSet({
      set,
      nodes: [aNode({ name: "n" })],
      pods: [ended],
      revision: "r",
      nowMs: nowMs + ageMs,
    });
  expect(at(1000)).toMatchObject({ create: [], remove: [], recheckInMs: 4000 });
  expect(at(5000)).toMatchObject({ create: [], remove: [ended] });
});

test.each([
  ["NoSchedule", { run: false, keep: true }],
  ["NoExecute", { run: false, keep: false }],
  ["PreferNoSchedule", { run: true, keep: true }],
] as const)("a taint of effect %s", (effect, expected) => {
  const spec = set.spec.template.spec ?? { containers: [] };
  const node = aNode({ spec: { taints: [{ key: "a", effect }] } });
  expect(belongsOn(spec, node)).toEqual(expected);
  const tolerating = { ...spec, tolerations: [{ key: "a", operator: "Exists" as const }] };
  expect(belongsOn(tolerating, node)).toEqual({ run: true, keep: true });
});

test("the node's name is among what the affinity may ask for", () => {
  const named = (name: string) => ({
    containers: [],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchFields: [{ key: "metadata.name", operator: "In" as const, values: [name] }] },
          ],
        },
      },
    },
  });
  const node = aNode({ name: "n" });
  expect([belongsOn(named("n"), node).run, belongsOn(named("m"), node).run]).toEqual([true, false]);
});

test("what a template tolerates already is not said twice", () => {
  const own = {
    key: "node.kubernetes.io/unschedulable",
    operator: "Exists" as const,
    effect: "NoSchedule" as const,
  };
  const tolerations = daemonTolerations({ containers: [], tolerations: [own] });
  expect(tolerations.filter(({ key }) => key === own.key)).toEqual([own]);
  expect(tolerations).toHaveLength(6);
});
