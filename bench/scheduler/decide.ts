/** Mode `decide`: pods as they come from the API, to nodes; no API, no binding. */

import { seededRandom } from "../../src/lib/random.ts";
import { Decider, type Decision } from "../../src/scheduler/decide.ts";
import { unschedulableMessage } from "../../src/scheduler/explain/message.ts";
import type { PostFilterResult } from "../../src/scheduler/framework/plugin.ts";
import { defaultProfile } from "../../src/scheduler/profiles.ts";
import { SchedulingQueue, type QueuedPod } from "../../src/scheduler/queue/scheduling-queue.ts";
import { Cluster } from "../../src/scheduler/snapshot/cluster.ts";
import type { PodObject } from "../../src/scheduler/snapshot/objects.ts";
import { readPod } from "../../src/scheduler/snapshot/pod-info.ts";
import { benchNode, type Workload } from "./workloads.ts";

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

  readonly #nodes: number;
  #strays = 0;

  constructor(nodes: number) {
    this.#nodes = nodes;
    for (let index = 0; index < nodes; index++) this.#cluster.setNode(benchNode(index));
  }

  /** By turns, a node comes and goes. */
  churnNodes(): void {
    const node = benchNode(this.#nodes + (this.#strays++ >> 1));
    if (this.#strays % 2 === 1) {
      const { row } = this.#cluster.setNode(node);
      this.#queue.happened({ type: "NodeAdded", row });
    } else {
      this.#cluster.removeNode(node.metadata.name);
      this.#queue.happened({ type: "NodeRemoved", node });
    }
  }

  /** As the loop does: into the queue, decided, counted on the node or kept waiting. */
  schedule(pod: PodObject): string | undefined {
    const info = readPod(pod);
    this.#queue.set(info, this.#decider.keyOf(info));
    const entry = this.#queue.take();
    if (entry === undefined) return undefined;
    const decision = this.#decider.decide(entry.info, entry.key);
    if (decision.chosen === undefined) return this.#makeRoom(entry, decision);
    this.#place(entry, decision.chosen.nodeName);
    return entry.info.uid;
  }

  #place({ info }: QueuedPod, nodeName: string): void {
    this.#cluster.unnominate(info.uid);
    const row = this.#cluster.addPod(info, nodeName);
    this.#queue.remove(info.uid);
    if (row !== undefined) this.#queue.happened({ type: "PodAdded", row, pod: info });
  }

  /** By preemption: the victims go at once, which wakes the pod. */
  #makeRoom(entry: QueuedPod, decision: Decision): string | undefined {
    const rejectedBy = this.#decider.rejectedBy(decision);
    const attempt = this.#decider.attempt(decision, () => false, entry.key);
    let nomination: PostFilterResult["nomination"];
    for (const { plugin } of this.#decider.profile.plugins) {
      nomination ??= plugin.postFilter?.(attempt)?.nomination;
    }
    unschedulableMessage(this.#cluster.nodeCount, decision.evaluation);
    if (nomination !== undefined) this.#cluster.nominate(entry.info, nomination.nodeName);
    this.#queue.wait(entry, rejectedBy, this.#cluster.nominations.of(entry.info.uid)?.row);
    if (nomination === undefined) return undefined;
    for (const { uid } of nomination.victims) this.remove(uid);
    const woken = this.#queue.take();
    if (woken !== entry) throw new Error(`${entry.info.name} was to be woken`);
    const { chosen } = this.#decider.decide(entry.info, entry.key);
    if (chosen?.nodeName !== nomination.nodeName) throw new Error(`${entry.info.name} was to have its room`);
    this.#place(entry, chosen.nodeName);
    return entry.info.uid;
  }

  /** Puts a pod on a node before all. */
  fill(pod: PodObject, index: number): void {
    this.#cluster.addPod(readPod(pod), `node-${index % this.#cluster.nodeCount}`);
  }

  remove(uid: string): void {
    const removed = this.#cluster.removePod(uid);
    if (removed === undefined) throw new Error(`cannot remove ${uid}: it is nowhere`);
    // Its node may be gone already.
    if (removed.row === undefined) return;
    this.#queue.happened({ type: "PodRemoved", row: removed.row, pod: removed.placed.info });
  }
}

export function measureDecisions(work: Workload, nodes: number, pods: number): Measured {
  const { stuck, initial, pod, goneEvery, nodeEvery } = work;
  const run = new Run(nodes);
  for (const [index, each] of initial.entries()) run.fill(each, index);
  for (const each of stuck) {
    if (run.schedule(each) !== undefined) throw new Error(`${each.metadata.name} was to find no node`);
  }
  const latenciesMs: number[] = [];
  const startMs = performance.now();
  for (let index = 0; index < pods; index++) {
    const beganMs = performance.now();
    if (run.schedule(pod(index)) === undefined) throw new Error(`pod ${index} found no node`);
    if (goneEvery !== undefined && index % goneEvery === 0) run.remove(`uid-pod-${index / goneEvery}`);
    if (nodeEvery !== undefined && index % nodeEvery === 0) run.churnNodes();
    latenciesMs.push(performance.now() - beganMs);
  }
  return { seconds: (performance.now() - startMs) / 1000, latenciesMs };
}
