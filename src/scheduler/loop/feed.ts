/**
 * Brings what the API says of pods and nodes to the cluster and the queue, together with what the scheduler has
 * decided and the API does not say yet (assumed pods).
 *
 * What must stay true: a pod without a node that is ours and may be placed is in the queue; a pod that has a node,
 * or was given one by us, counts there until it is gone, has finished, or its binding has failed.
 */

import type { InformerChange } from "../../client/informer.ts";
import type { Node } from "../../model/kinds/core/node/node.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { ClusterEvent } from "../framework/events.ts";
import type { SchedulingQueue } from "../queue/scheduling-queue.ts";
import { isFinished, readPod, type PodInfo } from "../snapshot/pod-info.ts";
import type { Nomination } from "../snapshot/nominations.ts";
import type { Deciders } from "./deciders.ts";
import type { SchedulerMetrics } from "./scheduler-metrics.ts";

export interface FeedOptions {
  readonly deciders: Deciders;
  readonly queue: SchedulingQueue;
  readonly metrics: SchedulerMetrics;
  readonly monotonicMs: () => number;
  /** There may be something to decide. */
  readonly wake: () => void;
  /** The pod needs no node any more, or is not to get one yet. */
  readonly onSettled: (uid: string) => void;
  readonly onGone: (uid: string) => void;
  readonly onGated: (pod: Pod) => void;
}

export class Feed {
  readonly #options: FeedOptions;
  /** Pods that were given a node which the API does not show yet. */
  readonly #assumed = new Set<string>();
  readonly #gated = new Map<string, Pod>();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  nodeChanged({ type, object }: InformerChange<Node>): void {
    const { cluster } = this.#options.deciders;
    const { name = "" } = object.metadata;
    const nominated = cluster.nominations.at(cluster.rowOf(name) ?? -1) ?? [];
    if (type === "deleted") {
      cluster.removeNode(name);
      this.#lookElsewhere(nominated);
      this.happened({ type: "NodeRemoved", node: object });
      return;
    }
    const { row, added, aspects } = cluster.setNode(object);
    if (added) this.happened({ type: "NodeAdded", row });
    else if (aspects !== 0) this.happened({ type: "NodeChanged", row, aspects });
    if (aspects !== 0) this.#lookElsewhere(nominated);
  }

  /** The node where room was made for these pods may take them no more. */
  #lookElsewhere(nominated: readonly PodInfo[]): void {
    for (const { uid } of nominated) this.#options.queue.wake(uid);
    if (nominated.length > 0) this.#options.wake();
  }

  podChanged({ type, object, previous }: InformerChange<Pod>): void {
    const uid = uidOf(object);
    const replaced = previous === undefined ? uid : uidOf(previous);
    if (replaced !== uid) this.#gone(replaced);
    if (type === "deleted") this.#gone(uid);
    else if (isFinished(object)) this.#leave(uid);
    else if ((object.spec.nodeName ?? "") !== "") this.#placed(object);
    else this.#unplaced(object);
  }

  /** Counts the pod on the node from now on. */
  assume(pod: PodInfo, nodeName: string): void {
    const { cluster } = this.#options.deciders;
    this.#assumed.add(pod.uid);
    const nomination = cluster.nominations.of(pod.uid);
    cluster.unnominate(pod.uid);
    this.#count(pod, nodeName);
    this.#roomLeft(nomination);
  }

  /** No room is made for the pod any more. */
  giveUpRoom(uid: string): void {
    const { cluster } = this.#options.deciders;
    const nomination = cluster.nominations.of(uid);
    cluster.unnominate(uid);
    this.#roomLeft(nomination);
  }

  /** What was kept for the pod is there for others, as if it had been there and went, unless it is there. */
  #roomLeft(nomination: Nomination | undefined): void {
    if (nomination === undefined) return;
    const { info, row } = nomination;
    const { cluster } = this.#options.deciders;
    if (cluster.pod(info.uid)?.nodeName === cluster.nodeName(row)) return;
    this.happened({ type: "PodRemoved", row, pod: info });
  }

  /** Room was made for the pod somewhere `before`; whoever can use it now is told, unless it still is. */
  roomMoved(uid: string, before: Nomination | undefined): void {
    if (this.#options.deciders.cluster.nominations.of(uid)?.row !== before?.row) this.#roomLeft(before);
  }

  get assumedCount(): number {
    return this.#assumed.size;
  }

  /** Pods that wait for whoever gated them. */
  gated(): readonly Pod[] {
    return [...this.#gated.values()];
  }

  /** The pod did not get there, as far as the API does not say otherwise. */
  forget(uid: string): void {
    if (this.#assumed.delete(uid)) this.#uncount(uid);
  }

  #placed(pod: Pod): void {
    const { deciders, queue, onSettled } = this.#options;
    const { cluster } = deciders;
    const info = readPod(pod);
    const nodeName = pod.spec.nodeName ?? "";
    queue.remove(info.uid);
    onSettled(info.uid);
    this.#assumed.delete(info.uid);
    const nomination = cluster.nominations.of(info.uid);
    cluster.unnominate(info.uid);
    const known = cluster.pod(info.uid);
    const isThere = known?.nodeName === nodeName;
    const isAlike = isThere && known.info.kinship === info.kinship;
    if (isAlike && sameDemand(known.info, info)) {
      if (!sameStanding(known.info, info)) cluster.addPod(info, nodeName);
      return;
    }
    if (known !== undefined) this.#uncount(info.uid);
    this.#count(info, nodeName);
    this.#roomLeft(nomination);
  }

  #unplaced(pod: Pod): void {
    const { deciders, queue, wake, onGated } = this.#options;
    const uid = uidOf(pod);
    if (deciders.find(pod) === undefined) return;
    if (pod.metadata.deletionTimestamp !== undefined) {
      queue.remove(uid);
      this.giveUpRoom(uid);
      return;
    }
    if (this.#assumed.has(uid)) return;
    if ((pod.spec.schedulingGates ?? []).length > 0) {
      queue.remove(uid);
      this.#gated.set(uid, pod);
      onGated(pod);
      return;
    }
    this.#gated.delete(uid);
    const info = readPod(pod);
    // Room that was being made for it before this scheduler came.
    const { nominatedNodeName = "" } = pod.status ?? {};
    if (nominatedNodeName !== "" && queue.get(uid) === undefined) {
      deciders.cluster.nominate(info, nominatedNodeName);
    }
    this.#options.metrics.arrived(uid, this.#options.monotonicMs());
    queue.set(info, deciders.keyOf(info));
    wake();
  }

  #gone(uid: string): void {
    this.#options.metrics.left(uid);
    this.#leave(uid);
    this.#options.onGone(uid);
  }

  #leave(uid: string): void {
    this.#options.queue.remove(uid);
    this.#options.onSettled(uid);
    this.#assumed.delete(uid);
    this.#gated.delete(uid);
    this.giveUpRoom(uid);
    this.#uncount(uid);
  }

  #count(pod: PodInfo, nodeName: string): void {
    const row = this.#options.deciders.cluster.addPod(pod, nodeName);
    if (row !== undefined) this.happened({ type: "PodAdded", row, pod });
  }

  #uncount(uid: string): void {
    const removed = this.#options.deciders.cluster.removePod(uid);
    if (removed?.row === undefined) return;
    this.happened({ type: "PodRemoved", row: removed.row, pod: removed.placed.info });
  }

  /** Wakes the pods that the event could help. */
  happened(event: ClusterEvent): void {
    const woken = this.#options.queue.happened(event);
    if (woken === 0) return;
    this.#options.metrics.woke(event, woken);
    this.#options.wake();
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? `${metadata.namespace}/${metadata.name}`;
}

/** Whether both versions of the pod take the same of their node. */
function sameDemand(a: PodInfo, b: PodInfo): boolean {
  return isSame(a.requests, b.requests) && isSame(a.hostPorts, b.hostPorts);
}

function isSame(a: object, b: object): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Whether both would be taken for the same by a pod that looks for room. */
function sameStanding(a: PodInfo, b: PodInfo): boolean {
  return (
    a.object.status?.startTime === b.object.status?.startTime &&
    a.object.metadata.deletionTimestamp === b.object.metadata.deletionTimestamp
  );
}
