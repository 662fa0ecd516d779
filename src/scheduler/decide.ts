/**
 * The decision: cluster, pod and random in, node out. Pure: no clock, no I/O, nothing changed. It pays nothing for
 * the explanation, which `explain/` makes from the same evaluation when it is wanted, before the cluster changes.
 */

import { messageOf } from "../lib/errors.ts";
import type { Random } from "../lib/random.ts";
import { Evaluations } from "./evaluate/evaluations.ts";
import type { Evaluation } from "./evaluate/evaluation.ts";
import { CycleState } from "./framework/cycle-state.ts";
import type { ClusterEvent } from "./framework/events.ts";
import type { Extended } from "./framework/opinion.ts";
import type { Attempt } from "./framework/plugin.ts";
import type { Profile } from "./framework/profile.ts";
import { FITS, pluginOf } from "./framework/verdict.ts";
import { lowerPriorityPods, without } from "./plugins/defaultpreemption/victims.ts";
import { nodeAspect, type Cluster } from "./snapshot/cluster.ts";
import type { PodInfo } from "./snapshot/pod-info.ts";
import { kindsInColumns } from "./snapshot/related.ts";

/** Valid until the next decision and the next change of the cluster: the evaluation is kept up to date in place. */
export interface Decision {
  readonly pod: PodInfo;
  /** Row and name of the chosen node; absent when no node takes the pod. */
  readonly chosen: { readonly row: number; readonly nodeName: string } | undefined;
  /** How many nodes had the best score. */
  readonly ties: number;
  readonly evaluation: Evaluation;
  /** Present when extenders were asked too. */
  readonly extended?: Extended | undefined;
}

export interface DeciderOptions {
  readonly profile: Profile;
  readonly cluster: Cluster;
  readonly random: Random;
}

export class Decider {
  readonly profile: Profile;
  readonly cluster: Cluster;
  readonly #random: Random;
  readonly #evaluations: Evaluations;

  constructor({ profile, cluster, random }: DeciderOptions) {
    this.profile = profile;
    this.cluster = cluster;
    this.#random = random;
    this.#evaluations = new Evaluations(profile, cluster);
  }

  /** Pods with equal keys get equal answers; a pod that waits is kept under it. */
  keyOf(pod: PodInfo): string {
    return this.#evaluations.keyOf(pod);
  }

  decide(pod: PodInfo, key: string = this.keyOf(pod)): Decision {
    const evaluation = this.#evaluate(pod, key);
    const nominated = this.#nominated(pod, evaluation);
    if (nominated !== undefined) return { pod, chosen: nominated, ties: 1, evaluation };
    const row = evaluation.ranking.draw(this.#random);
    const chosen = row < 0 ? undefined : { row, nodeName: this.cluster.nodeName(row) };
    return { pod, chosen, ties: evaluation.ranking.ties, evaluation };
  }

  /** The node where room was made for the pod, once it takes it. */
  #nominated({ uid }: PodInfo, { cycle }: Evaluation): Decision["chosen"] {
    if (this.cluster.nominations.size === 0) return undefined;
    const row = this.cluster.nominations.of(uid)?.row;
    if (row === undefined || cycle.judge(row, this.cluster, uid) !== FITS) return undefined;
    return { row, nodeName: this.cluster.nodeName(row) };
  }

  #evaluate(pod: PodInfo, key: string): Evaluation {
    try {
      return this.#evaluations.of(pod, key);
    } catch (error) {
      throw new Error(`cannot evaluate the nodes: ${messageOf(error)}`, { cause: error });
    }
  }

  /** For plugins that could help when no node was chosen. */
  attempt({ pod, evaluation }: Decision, isLeaving: Attempt["isLeaving"], key = this.keyOf(pod)): Attempt {
    const { cluster } = this;
    const { cycle } = evaluation;
    return {
      pod,
      cluster,
      key: this.#evaluations.sharedKeyOf(pod, key),
      nodeLocal: cycle.nodeLocal,
      basis: cycle,
      judge: (row) => cycle.judge(row, cluster, pod.uid),
      isResolvable: (row) => cycle.isResolvable(evaluation.verdictOf(row), row, cluster),
      reasonsOf: (verdict) => cycle.reasonsOf(verdict),
      isLeaving,
    };
  }

  /** Places in the profile of the plugins that said no. */
  rejectedBy({ evaluation }: Decision): ReadonlySet<number> {
    const { rejected } = evaluation.cycle;
    if (rejected !== undefined) return new Set([rejected.place]);
    return new Set([...evaluation.rejections.keys()].map(pluginOf));
  }

  /**
   * Whether the event can let in a pod that was rejected by these plugins. Where all filters look at one node at a
   * time that is known exactly: the changed node takes the pod now, or when pods of lower priority made room. Else it is what a plugin that said no thinks.
   * A plugin that throws here will do so again, and be heard of, when the pod is tried.
   */
  couldHelp(event: ClusterEvent, pod: PodInfo, rejectedBy: ReadonlySet<number>): boolean {
    try {
      const seen = this.#asSeen(event);
      return seen !== undefined && this.#lookAt(seen, pod, rejectedBy);
    } catch {
      return true;
    }
  }

  /** A change of an object that the cluster keeps in columns is a change of its node. */
  #asSeen(event: ClusterEvent): ClusterEvent | undefined {
    if (event.type !== "RelatedChanged" || !kindsInColumns.has(event.kind)) return event;
    const row = this.cluster.rowOf(event.object.metadata.name ?? "");
    return row === undefined ? undefined : { type: "NodeChanged", row, aspects: nodeAspect.load };
  }

  #lookAt(event: ClusterEvent, pod: PodInfo, rejectedBy: ReadonlySet<number>): boolean {
    // What keeps a pod from making room is not among what rejected it: any plugin may have been in its way.
    const inTheWay = this.#mayMakeRoom(pod) ? [...this.profile.plugins.keys()] : rejectedBy;
    if (event.type === "RelatedChanged" || event.type === "NodeRemoved" || event.type === "PodAdded") {
      return this.#hinted(event, pod, inTheWay);
    }
    const isAdded = event.type === "NodeAdded";
    if (!isAdded && !this.#hinted(event, pod, this.profile.plugins.keys())) return false;
    const cycle = new CycleState(this.profile, pod, this.cluster);
    if (!cycle.nodeLocal) return isAdded || this.#hinted(event, pod, inTheWay);
    if (cycle.rejected !== undefined) return false;
    return (
      cycle.judge(event.row, this.cluster, pod.uid) === FITS || this.#couldMakeRoom(cycle, pod, event.row)
    );
  }

  /** Whether there are pods that could go for this one. */
  #mayMakeRoom({ priority, object }: PodInfo): boolean {
    if (priority <= this.cluster.lowestPriority || object.spec.preemptionPolicy === "Never") return false;
    return this.profile.plugins.some(({ plugin }) => plugin.postFilter !== undefined);
  }

  /** Whether the node takes the pod once the pods of lower priority are gone. */
  #couldMakeRoom(cycle: CycleState, pod: PodInfo, row: number): boolean {
    const { cluster } = this;
    if (!this.#mayMakeRoom(pod)) return false;
    const lower = lowerPriorityPods(cluster, row, pod.priority);
    return lower.length > 0 && without(lower, cluster, () => cycle.judge(row, cluster, pod.uid) === FITS);
  }

  #hinted(event: ClusterEvent, pod: PodInfo, places: Iterable<number>): boolean {
    for (const place of places) {
      const plugin = this.profile.plugins[place]?.plugin;
      if (plugin?.filter === undefined) continue;
      if (event.type === "RelatedChanged" && plugin.related?.includes(event.kind) !== true) continue;
      if (plugin.hint === undefined ? !isRemote(event) : plugin.hint(event, pod, this.cluster)) return true;
    }
    return false;
  }
}

/** Could help only a plugin that looks at other nodes, which says so in its hint. */
function isRemote({ type }: ClusterEvent): boolean {
  return type === "PodAdded" || type === "NodeRemoved";
}
