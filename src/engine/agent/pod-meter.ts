/**
 * Tells of each pod that runs what its containers use, as a PodMetrics object of its name. What is kept in memory and
 * in the API is of pods that run, and goes with them.
 */

import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import { newObject } from "../../model/kind.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { podMetrics, type PodMetrics } from "../../model/kinds/metrics/podmetrics/podmetrics.ts";
import { refOf, type ObjectRef } from "../../model/meta.ts";
import { byteValue, milliValue } from "../../model/quantity.ts";
import { isNotFound } from "../../model/status.ts";
import { quietMeasureMs } from "./limits.ts";
import type { MachineCounters } from "./machine-counters.ts";
import { podUses, type MeasuredContainer, type PodUse } from "./pod-use.ts";

export interface PodMeterOptions {
  readonly client: Client;
  /** By UID; undefined when it has gone. */
  readonly podOf: (uid: string) => Pod | undefined;
  readonly clock: Clock;
}

interface Told {
  readonly ref: ObjectRef;
  readonly use: PodUse;
  readonly atMs: number;
}

export class PodMeter {
  readonly #options: PodMeterOptions;
  readonly #told = new Map<string, Told>();
  #last: MachineCounters | undefined;
  #isClean = false;

  constructor(options: PodMeterOptions) {
    this.#options = options;
  }

  /** The first time there is nothing to tell yet. */
  async tell(now: MachineCounters, containers: readonly MeasuredContainer[]): Promise<void> {
    const last = this.#last;
    this.#last = now;
    if (last === undefined || now.atMs <= last.atMs) return;
    const uses = podUses(last, now, containers);
    if (!this.#isClean) await this.#removeLeftovers(uses);
    for (const [uid, { ref }] of this.#told) {
      if (uses.has(uid)) continue;
      await this.#remove(ref);
      this.#told.delete(uid);
    }
    for (const [uid, use] of uses) await this.#tellOne(uid, use, now.atMs - last.atMs);
  }

  async #tellOne(uid: string, use: PodUse, windowMs: number): Promise<void> {
    const { client, clock, podOf } = this.#options;
    const told = this.#told.get(uid);
    const isQuiet = told !== undefined && clock.now() - told.atMs < quietMeasureMs;
    if (isQuiet && !usesDiffer(told.use, use)) return;
    const pod = podOf(uid);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
    const { name = "", namespace, labels = {} } = pod.metadata;
    const ref = { namespace, name };
    const content = {
      timestamp: new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z"),
      window: `${Math.round(windowMs / 1000)}s`,
      containers: use.map(({ container, usage }) => ({ name: container, usage: { ...usage } })),
    };
    const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name, uid }];
    try {
      const metadata = { labels: { ...labels }, ownerReferences };
      await client.patch(podMetrics, ref, { type: "merge", body: { metadata, ...content } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const metadata = { ...ref, labels: { ...labels }, ownerReferences };
      await client.create(podMetrics, newObject<PodMetrics>(podMetrics, metadata, content));
    }
    this.#told.set(uid, { ref, use, atMs: clock.now() });
  }

  /** Of pods that ended while nobody measured. */
  async #removeLeftovers(uses: ReadonlyMap<string, PodUse>): Promise<void> {
    const { items } = await this.#options.client.list(podMetrics);
    for (const each of items) {
      const owner = each.metadata.ownerReferences?.[0]?.uid ?? "";
      if (!uses.has(owner)) await this.#remove(refOf(each));
    }
    this.#isClean = true;
  }

  async #remove(ref: ObjectRef): Promise<void> {
    try {
      await this.#options.client.delete(podMetrics, ref);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/** Smaller changes, as a share of the larger value, are not worth a write. */
const worth = 0.1;
/** Nor are differences between amounts as small as these. */
const smallMillis = 5;
const smallBytes = 4 * 1024 * 1024;

export function usesDiffer(before: PodUse, after: PodUse): boolean {
  if (before.length !== after.length) return true;
  return after.some(({ container, usage }) => {
    const old = before.find((each) => each.container === container)?.usage;
    return (
      old === undefined ||
      isFar([milliValue(old.cpu), milliValue(usage.cpu)], smallMillis) ||
      isFar([byteValue(old.memory), byteValue(usage.memory)], smallBytes)
    );
  });
}

function isFar([a, b]: readonly [number, number], small: number): boolean {
  return Math.abs(a - b) > Math.max(small, worth * Math.max(a, b));
}
