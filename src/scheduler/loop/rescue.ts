/** What is done for a pod that no node takes: plugins are asked for help, and room is made where one finds some. */

import type { Decider, Decision } from "../decide.ts";
import type { Candidate, PostFilterResult } from "../framework/plugin.ts";
import type { SchedulingQueue, QueuedPod } from "../queue/scheduling-queue.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Evictions } from "./evictions.ts";
import type { SchedulerMetrics } from "./scheduler-metrics.ts";

export type Nomination = NonNullable<PostFilterResult["nomination"]>;

export interface Help extends PostFilterResult {
  /** The best nodes where room could be made; to be called before the cluster changes. */
  readonly candidates?: ((limit: number) => readonly Candidate[]) | undefined;
}

export interface RescueOptions {
  readonly cluster: Cluster;
  readonly queue: SchedulingQueue;
  readonly evictions: Evictions;
  readonly giveUpRoom: (uid: string) => void;
  readonly metrics: SchedulerMetrics;
  readonly monotonicMs: () => number;
}

export class Rescue {
  readonly #options: RescueOptions;

  constructor(options: RescueOptions) {
    this.#options = options;
  }

  /** What the plugins say that could help; the first that can make room says where. */
  ask(entry: QueuedPod, decider: Decider, decision: Decision): Help {
    const { evictions, metrics, monotonicMs } = this.#options;
    const startMs = monotonicMs();
    const isLeaving = (pod: PodInfo): boolean => evictions.isLeaving(pod);
    const attempt = decider.attempt(decision, isLeaving, entry.key);
    let message = "";
    let found: Omit<Help, "message"> = {};
    for (const { plugin } of decider.profile.plugins) {
      const help = plugin.postFilter?.(attempt);
      if (help === undefined) continue;
      if (help.message !== "") message += ` ${help.message}`;
      found = {
        nomination: help.nomination,
        candidates: (limit) => plugin.candidates?.(attempt, limit) ?? [],
      };
      if (help.nomination !== undefined) break;
    }
    const end = { isGood: found.nomination !== undefined, ms: monotonicMs() - startMs };
    metrics.point("PostFilter", decider.profile, end);
    return { message, ...found };
  }

  makeRoom(preemptor: PodInfo, { nodeName, victims }: Nomination): void {
    const { cluster, queue, evictions, giveUpRoom, metrics } = this.#options;
    metrics.preempted(victims.length);
    cluster.nominate(preemptor, nodeName);
    const row = cluster.rowOf(nodeName) ?? -1;
    // Pods of lower priority for which room was being made there have to look elsewhere.
    for (const other of cluster.nominations.at(row) ?? []) {
      if (other.priority >= preemptor.priority) continue;
      giveUpRoom(other.uid);
      queue.wake(other.uid);
    }
    evictions.start({ preemptor, nodeName, victims });
  }
}
