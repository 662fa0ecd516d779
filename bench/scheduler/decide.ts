/** Mode `decide`: pods as they come from the API, to nodes; no API, no binding. */

import { seededRandom } from "../../src/lib/random.ts";
import { Decider } from "../../src/scheduler/decide.ts";
import { unschedulableMessage } from "../../src/scheduler/explain/message.ts";
import { defaultProfile } from "../../src/scheduler/profiles.ts";
import { SchedulingQueue } from "../../src/scheduler/queue/scheduling-queue.ts";
import { Cluster } from "../../src/scheduler/snapshot/cluster.ts";
import type { PodObject } from "../../src/scheduler/snapshot/objects.ts";
import { readPod } from "../../src/scheduler/snapshot/pod-info.ts";
import { benchNode, type Workload } from "./workloads.ts";

/** Where pods are stuck, one of so many placed pods goes again: an event that the stuck ones are held against. */
const deleteEvery = 10;

export interface Measured {
  readonly seconds: number;
  /** Of each pod. */
  readonly latenciesMs: readonly number[];
}

class Run {
  readonly #cluster = new Cluster();
  readonly #decider = new Decider({
    profile: defaultProfile(),
    cluster: this.#cluster,
    random: seededRandom(1),
  });
  readonly #queue = new SchedulingQueue((event, pod, rejectedBy) =>
    this.#decider.couldHelp(event, pod, rejectedBy),
  );

  constructor(nodes: number) {
    for (let index = 0; index < nodes; index++) this.#cluster.setNode(benchNode(index));
  }

  /** As the loop does: into the queue, decided, counted on the node or kept waiting. */
  schedule(pod: PodObject): string | undefined {
    const info = readPod(pod);
    this.#queue.set(info, this.#decider.keyOf(info));
    const entry = this.#queue.take();
    if (entry === undefined) return undefined;
    const decision = this.#decider.decide(entry.info, entry.key);
    if (decision.chosen === undefined) {
      unschedulableMessage(this.#cluster.nodeCount, decision.evaluation);
      this.#queue.wait(entry, this.#decider.rejectedBy(decision));
      return undefined;
    }
    this.#cluster.addPod(entry.info, decision.chosen.nodeName);
    this.#queue.remove(entry.info.uid);
    return entry.info.uid;
  }

  remove(uid: string): void {
    const removed = this.#cluster.removePod(uid);
    if (removed?.row === undefined) throw new Error(`cannot remove ${uid}: it is nowhere`);
    this.#queue.happened({ type: "PodRemoved", row: removed.row, pod: removed.placed.info });
  }
}

export function measureDecisions({ stuck, pod }: Workload, nodes: number, pods: number): Measured {
  const run = new Run(nodes);
  for (const each of stuck) {
    if (run.schedule(each) !== undefined) throw new Error(`${each.metadata.name} was to find no node`);
  }
  const latenciesMs: number[] = [];
  const startMs = performance.now();
  for (let index = 0; index < pods; index++) {
    const beganMs = performance.now();
    const uid = run.schedule(pod(index));
    if (uid === undefined) throw new Error(`pod ${index} found no node`);
    if (stuck.length > 0 && index % deleteEvery === 0) run.remove(uid);
    latenciesMs.push(performance.now() - beganMs);
  }
  return { seconds: (performance.now() - startMs) / 1000, latenciesMs };
}
