/**
 * What would happen: a world, what is to be tried, and a profile in; placements, what stays pending and why, and how
 * full everything is, before and after, out. Pure and seeded: the same input gives the same answer. The pods are
 * placed one after the other by the decider that places real ones; room is made for important ones as it would be.
 */

import { seededRandom } from "../../lib/random.ts";
import { Decider, type Decision } from "../decide.ts";
import { ownerOf } from "../explain/suggest/owner.ts";
import { unschedulableMessage } from "../explain/message.ts";
import type { Profile } from "../framework/profile.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import type { PodObject } from "../snapshot/objects.ts";
import { readPod, type PodInfo } from "../snapshot/pod-info.ts";
import { prepare, withoutNode, type Scenario, type Unplaced } from "./scenario.ts";
import { usageOf, type ClusterUsage } from "./usage.ts";
import { clusterOf, type World } from "./world.ts";

/** A pod may make room by evicting others, which then need a place: so often for each pod to be placed. */
const MAX_EVICTIONS_PER_POD = 4;

export interface SimulationOptions {
  readonly profile: Profile;
  readonly seed: number;
}

export interface Placement {
  readonly pod: PodObject;
  readonly node: string;
  /** Where it was before. */
  readonly from?: string | undefined;
  readonly cause: Unplaced["cause"] | "preempted";
  /** Score of the node, and how many nodes had the same. */
  readonly total: number;
  readonly ties: number;
}

export interface PendingPod {
  readonly pod: PodObject;
  readonly from?: string | undefined;
  readonly cause: Placement["cause"];
  readonly message: string;
}

export interface Simulation {
  readonly placements: readonly Placement[];
  readonly pending: readonly PendingPod[];
  /** Pods that would be gone for good, and from where. */
  readonly lost: readonly { readonly pod: PodObject; readonly from: string; readonly why: string }[];
  readonly before: ClusterUsage;
  readonly after: ClusterUsage;
  /** The cluster afterwards, for pictures and questions. */
  readonly cluster: Cluster;
}

export function simulate(world: World, scenario: Scenario, options: SimulationOptions): Simulation {
  const before = usageOf(clusterOf(world));
  const prepared = prepare(world, scenario);
  const run = new Run(clusterOf(prepared.world), options);
  run.place(prepared.unplaced);
  const lost = prepared.lost.map(({ pod, from = "" }) => ({ pod, from, why: "its node is removed" }));
  return {
    placements: run.placements,
    pending: run.pending,
    lost: [...lost, ...run.lost],
    before,
    after: usageOf(run.cluster),
    cluster: run.cluster,
  };
}

interface Waiting {
  readonly pod: PodObject;
  readonly from?: string | undefined;
  readonly cause: Placement["cause"];
}

class Run {
  readonly cluster: Cluster;
  readonly pending: PendingPod[] = [];
  readonly lost: { pod: PodObject; from: string; why: string }[] = [];
  readonly #placed = new Map<string, Placement>();
  readonly #profile: Profile;
  readonly #decider: Decider;

  constructor(cluster: Cluster, { profile, seed }: SimulationOptions) {
    this.cluster = cluster;
    this.#profile = profile;
    this.#decider = new Decider({ profile, cluster, random: seededRandom(seed) });
  }

  get placements(): readonly Placement[] {
    return [...this.#placed.values()];
  }

  place(unplaced: readonly Unplaced[]): void {
    const queue: Waiting[] = [...unplaced];
    let evictionsLeft = MAX_EVICTIONS_PER_POD * (unplaced.length + 1);
    for (let index = 0; index < queue.length; index++) {
      const waiting = queue[index] as Waiting;
      const info = readPod(waiting.pod);
      const decision = this.#decider.decide(info);
      if (decision.chosen !== undefined) {
        this.#put(waiting, info, { decision, nodeName: decision.chosen.nodeName });
        continue;
      }
      const message = unschedulableMessage(this.cluster.nodeCount, decision.evaluation);
      const room = evictionsLeft > 0 ? this.#makeRoom(decision) : undefined;
      if (room === undefined) {
        this.pending.push({ ...waiting, message });
        continue;
      }
      evictionsLeft -= room.victims.length;
      queue.push(...this.#evict(room.victims, info));
      const again = this.#decider.decide(info);
      if (again.chosen === undefined) this.pending.push({ ...waiting, message });
      else this.#put(waiting, info, { decision: again, nodeName: again.chosen.nodeName });
    }
  }

  #put(
    { pod, from, cause }: Waiting,
    info: PodInfo,
    { decision, nodeName }: { decision: Decision; nodeName: string },
  ): void {
    const total = decision.evaluation.ranking.totalOf(decision.chosen?.row ?? -1);
    this.#placed.set(info.uid, { pod, node: nodeName, from, cause, total, ties: decision.ties });
    this.cluster.addPod(info, nodeName);
  }

  /** Which pods of lower priority would have to go, and from where. */
  #makeRoom(decision: Decision): { readonly victims: readonly PodInfo[] } | undefined {
    const attempt = this.#decider.attempt(decision, () => false);
    for (const { plugin } of this.#profile.plugins) {
      const nomination = plugin.postFilter?.(attempt)?.nomination;
      if (nomination !== undefined && nomination.victims.length > 0) return nomination;
    }
    return undefined;
  }

  /** The evicted pods that will be made anew. */
  #evict(victims: readonly PodInfo[], by: PodInfo): Waiting[] {
    return victims.flatMap((victim): Waiting[] => {
      const nodeName = this.cluster.removePod(victim.uid)?.placed.nodeName ?? "";
      const before = this.#placed.get(victim.uid);
      this.#placed.delete(victim.uid);
      const from = before === undefined ? nodeName : before.from;
      const pod = withoutNode(victim.object);
      if (ownerOf(pod) === undefined && before?.cause !== "added") {
        this.lost.push({ pod, from: from ?? nodeName, why: `${by.key} would preempt it` });
        return [];
      }
      return [{ pod, from, cause: before?.cause === "added" ? "added" : "preempted" }];
    });
  }
}
