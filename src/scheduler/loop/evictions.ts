/**
 * Evicts the pods that have to make room for another: each is told why by a condition, then deleted. While that is
 * under way nobody is evicted for the same pod again.
 *
 * What must stay true: a victim counts on its node until the API says that it is gone; when an eviction fails, the
 * pod that it was for is tried anew.
 */

import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { setCondition } from "../../model/conditions.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { refOf, type Condition } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { schedulerNameOf } from "./deciders.ts";
import type { Recorders } from "./recorders.ts";
import { Slots } from "./slots.ts";

const MAX_EVICTIONS = 64;

export interface EvictionsOptions {
  readonly client: Client;
  readonly recorders: Recorders;
  readonly clock: Clock;
  readonly log: Logger;
  /** A victim could not be evicted: the room that was to be made will not be there. */
  readonly onFailed: (preemptor: PodInfo) => void;
}

export interface Eviction {
  readonly preemptor: PodInfo;
  readonly nodeName: string;
  readonly victims: readonly PodInfo[];
}

export class Evictions {
  readonly #options: EvictionsOptions;
  readonly #leaving = new Set<string>();
  readonly #slots = new Slots(MAX_EVICTIONS);
  readonly #running = new Set<Promise<void>>();

  constructor(options: EvictionsOptions) {
    this.#options = options;
  }

  /** Whether the pod is being evicted. */
  isLeaving({ uid }: PodInfo): boolean {
    return this.#leaving.has(uid);
  }

  /** The API says that the pod is gone. */
  gone(uid: string): void {
    this.#leaving.delete(uid);
  }

  start(eviction: Eviction): void {
    const running = this.#evictAll(eviction).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #evictAll({ preemptor, nodeName, victims }: Eviction): Promise<void> {
    const { log, onFailed } = this.#options;
    // One that goes already needs no telling.
    const present = victims.filter(({ object }) => object.metadata.deletionTimestamp === undefined);
    for (const { uid } of present) this.#leaving.add(uid);
    const results = await Promise.allSettled(
      present.map((victim) => this.#evict(victim, preemptor, nodeName)),
    );
    let hasFailed = false;
    for (const [index, result] of results.entries()) {
      const victim = present[index];
      if (victim === undefined || result.status === "fulfilled") continue;
      this.#leaving.delete(victim.uid);
      hasFailed = true;
      log.warn("cannot evict", { pod: victim.key, for: preemptor.key, error: result.reason });
    }
    if (hasFailed) onFailed(preemptor);
  }

  async #evict(victim: PodInfo, preemptor: PodInfo, nodeName: string): Promise<void> {
    const { client, recorders } = this.#options;
    const recorder = recorders.of(preemptor.object);
    await this.#slots.take();
    try {
      const pod = victim.object as Pod;
      await this.#tell(pod, schedulerNameOf(preemptor.object));
      await client.delete(podKind, refOf(pod), { preconditions: { uid: victim.uid } });
      recorder.event(pod, "Normal", "Preempted", `Preempted by pod ${preemptor.uid} on node ${nodeName}`);
    } catch (error) {
      // Gone, or another pod of that name by now: as wanted.
      if (!isNotFound(error) && !isStatus(error, "Conflict")) throw error;
    } finally {
      this.#slots.release();
    }
  }

  async #tell(pod: Pod, schedulerName: string): Promise<void> {
    const { client, clock } = this.#options;
    const wanted: Condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "PreemptionByScheduler",
      message: `${schedulerName}: preempting to accommodate a higher priority pod`,
    };
    const nowIso = new Date(clock.now()).toISOString().replace(/[.]\d+Z$/, "Z");
    const [condition] = setCondition([], wanted, nowIso);
    const body = { metadata: { uid: pod.metadata.uid }, status: { conditions: [{ ...condition }] } };
    await client.patch(podKind, refOf(pod), { type: "strategic", body }, { subresource: "status" });
  }
}
