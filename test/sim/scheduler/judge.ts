/**
 * Judges every binding with the oracle, on what the API knew. The scheduler hears of changes a little later, so a
 * binding is right when it was right a moment ago: with an earlier version of the nodes, or with the pods that went
 * since.
 */

import type { Node } from "../../../src/model/kinds/core/node/node.ts";
import type { Pod } from "../../../src/model/kinds/core/pod/pod.ts";
import { isFinished } from "../../../src/scheduler/snapshot/pod-info.ts";
import { usualRules } from "../../../src/scheduler/testing/differential/setups.ts";
import { ask, type Answer } from "../../../src/scheduler/testing/oracle/ask.ts";
import { sacrifices } from "../../../src/scheduler/testing/oracle/preemption.ts";
import { nothingRelated, type Placement, type World } from "../../../src/scheduler/testing/oracle/world.ts";

const VERSIONS_KEPT = 3;
const GONE_KEPT = 12;

const rules = usualRules();
const namespaces = [{ metadata: { name: "default" } }];

export class Judge {
  readonly broken: string[] = [];
  readonly #bound = new Map<string, string>();
  #nodes: (readonly Node[])[] = [];
  #gone: readonly Pod[] = [];

  /** The nodes are like this now. */
  nodesAre(nodes: readonly Node[]): void {
    this.#nodes = [nodes, ...this.#nodes].slice(0, VERSIONS_KEPT);
  }

  /** The pod holds its place no more. */
  podIsGone(pod: Pod): void {
    this.#gone = [pod, ...this.#gone].slice(0, GONE_KEPT);
  }

  /** `pods` are as before the binding. */
  bound(pod: Pod, nodeName: string, pods: readonly Pod[]): void {
    const { uid = "", name = "" } = pod.metadata;
    if (this.#bound.has(uid)) this.broken.push(`${name} was bound twice`);
    this.#bound.set(uid, nodeName);
    // One that has ended meanwhile holds nothing of its node.
    if (isFinished(pod)) return;
    const said: (readonly string[])[] = [];
    for (const nodes of this.#nodes) {
      for (const present of [pods, [...pods, ...this.#gone]]) {
        const { rejected, totals } = ask(rules, pod, worldOf(nodes, present));
        if (totals.has(nodeName)) return;
        said.push(rejected.get(nodeName)?.reasons ?? ["there is no such node"]);
      }
    }
    this.broken.push(`${name} on ${nodeName}: ${(said[0] ?? []).join(", ")}`);
  }
}

/** What is said of a pod that waits when all is quiet. */
export function answerFor(pod: Pod, nodes: readonly Node[], pods: readonly Pod[]): Answer {
  return ask(rules, pod, worldFor(pod, nodes, pods));
}

/** Whether pods of lower priority could make room. */
export function couldPreempt(pod: Pod, nodes: readonly Node[], pods: readonly Pod[]): boolean {
  return sacrifices(rules, pod, worldFor(pod, nodes, pods)).length > 0;
}

/** Room that is kept for other pods, of no lower priority, is taken. */
function worldFor(pod: Pod, nodes: readonly Node[], pods: readonly Pod[]): World {
  const kept = pods.filter(
    (other) => other !== pod && isNominated(other) && priorityOf(other) >= priorityOf(pod),
  );
  const places = kept.map((other) => ({ pod: other, nodeName: other.status?.nominatedNodeName ?? "" }));
  const world = worldOf(nodes, pods);
  return { ...world, placements: [...world.placements, ...places] };
}

function worldOf(nodes: readonly Node[], pods: readonly Pod[]): World {
  const placements: Placement[] = [];
  for (const pod of pods) {
    const nodeName = pod.spec.nodeName ?? "";
    if (nodeName !== "" && !isFinished(pod)) placements.push({ pod, nodeName });
  }
  return { nodes, placements, related: { ...nothingRelated, Namespace: namespaces } };
}

function isNominated({ spec, status }: Pod): boolean {
  return (spec.nodeName ?? "") === "" && (status?.nominatedNodeName ?? "") !== "";
}

function priorityOf({ spec }: Pod): number {
  return spec.priority ?? 0;
}
