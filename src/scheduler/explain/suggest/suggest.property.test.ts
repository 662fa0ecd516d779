/** Whatever the cluster: a change that is suggested does place the pod, applied to the objects themselves. */

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../../lib/random.ts";
import { Decider } from "../../decide.ts";
import { defaultProfile } from "../../profiles.ts";
import { Cluster } from "../../snapshot/cluster.ts";
import type { NodeObject, PodObject } from "../../snapshot/objects.ts";
import { readPod } from "../../snapshot/pod-info.ts";
import { arbitraryNode, arbitraryPod, nodeNames } from "../../testing/arbitrary.ts";
import { edited, type Change } from "./change.ts";
import { findRemedies, type Remedy } from "./suggest.ts";
import { Trial } from "./trial.ts";

const RUNS = 500;

interface World {
  readonly nodes: ReadonlyMap<string, NodeObject>;
  readonly pods: readonly PodObject[];
}

function clusterOf({ nodes, pods }: World): Cluster {
  const cluster = new Cluster();
  for (const node of nodes.values()) cluster.setNode(node);
  for (const pod of pods) cluster.addPod(readPod(pod), pod.spec.nodeName ?? "");
  return cluster;
}

function applied({ nodes, pods }: World, changes: readonly Change[]): World {
  const changed = new Map(nodes);
  const gone = new Set(changes.flatMap(({ removed = [] }) => removed.map(({ info }) => info.uid)));
  for (const node of changes.flatMap((change) => change.nodes ?? [])) {
    changed.set(node.metadata.name ?? "", node);
  }
  return { nodes: changed, pods: pods.filter(({ metadata }) => !gone.has(metadata.uid ?? "")) };
}

function remediesOf(pod: PodObject, world: World): readonly Remedy[] {
  const steps = findRemedies(readPod(pod), new Trial(clusterOf(world), defaultProfile()));
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

const placed = fc.tuple(fc.integer({ min: 0, max: 4 }), arbitraryPod(0)).map(([index, pod]): PodObject => {
  const spec = { ...pod.spec, nodeName: nodeNames[index], priority: index };
  return { ...pod, spec };
});

const world: fc.Arbitrary<World> = fc.record({
  nodes: fc
    .array(arbitraryNode, { maxLength: 5 })
    .map((nodes) => new Map(nodes.map((node) => [node.metadata.name ?? "", node]))),
  pods: fc.array(placed, { maxLength: 8 }).map((pods) =>
    pods.map((pod, index) => ({
      ...pod,
      metadata: { ...pod.metadata, name: `q${index}`, uid: `q${index}` },
    })),
  ),
});

test("each suggestion, when applied, places the pod", () => {
  let helped = 0;
  fc.assert(
    fc.property(world, arbitraryPod(100), (start, pod) => {
      for (const { changes } of remediesOf(pod, start)) {
        helped++;
        const edits = changes.flatMap((change) => change.edits ?? []);
        const after = edited(pod, edits);
        const cluster = clusterOf(applied(start, changes));
        const decider = new Decider({ profile: defaultProfile(), cluster, random: seededRandom(9) });
        const { chosen } = decider.decide(readPod(after));
        expect(chosen, changes.map(({ summary }) => summary).join(" and ")).toBeDefined();
      }
    }),
    { numRuns: RUNS },
  );
  expect(helped).toBeGreaterThan(RUNS / 2);
});
