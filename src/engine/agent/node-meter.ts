/**
 * Measures the machine again and again and tells of each node what it uses, as a NodeMetrics object of its name, and of
 * each pod.
 */

import type { Client } from "../../client/client.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { nodeMetrics, type NodeMetrics } from "../../model/kinds/metrics/nodemetrics/nodemetrics.ts";
import { byteValue, milliValue } from "../../model/quantity.ts";
import { isNotFound } from "../../model/status.ts";
import type { ContainerIndex } from "./container-index.ts";
import { apiBackoff, measureMs as defaultMeasureMs, quietMeasureMs } from "./limits.ts";
import { readCounters, type CounterPlace } from "./machine-counters.ts";
import { PodMeter } from "./pod-meter.ts";
import { MachineMeter, usageOf } from "./machine-meter.ts";

export interface NodeMeterOptions {
  readonly client: Client;
  readonly index: ContainerIndex;
  readonly nodes: readonly string[];
  readonly place: CounterPlace;
  /** By UID; undefined when it has gone. */
  readonly podOf: (uid: string) => Pod | undefined;
  /** How often; 15 s when absent. */
  readonly measureMs?: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What was told of a node last. */
interface Told {
  readonly usage: Readonly<Record<string, string>>;
  readonly atMs: number;
}

export class NodeMeter {
  readonly #options: NodeMeterOptions;
  readonly #meter: MachineMeter;
  readonly #told = new Map<string, Told>();
  readonly #pods: PodMeter;
  #lastMs = 0;

  constructor(options: NodeMeterOptions) {
    this.#options = options;
    this.#meter = new MachineMeter(options.nodes);
    this.#pods = new PodMeter(options);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, measureMs = defaultMeasureMs } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.measure();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        log.warn("cannot tell what the nodes use, trying again", { error });
      }
      const delayMs = failures === 0 ? measureMs : Math.max(measureMs, backoffDelayMs(apiBackoff, failures));
      await sleep(clock, delayMs, signal);
    }
  }

  /** Once; the first time there is nothing to tell yet. */
  async measure(): Promise<void> {
    const { index, place, clock } = this.#options;
    const running = index.all().filter(({ state, pid }) => state === "running" && pid > 0);
    const counters = await readCounters(place, running, clock.now());
    const uses = this.#meter.measure(counters);
    const windowMs = clock.now() - this.#lastMs;
    this.#lastMs = clock.now();
    for (const [node, use] of uses ?? []) await this.#tell(node, usageOf(use), windowMs);
    await this.#pods.tell(
      counters,
      running.filter(({ role }) => role === "app"),
    );
  }

  async #tell(node: string, usage: Readonly<Record<string, string>>, windowMs: number): Promise<void> {
    const { client, clock } = this.#options;
    const told = this.#told.get(node);
    const isQuiet = told !== undefined && clock.now() - told.atMs < quietMeasureMs;
    if (isQuiet && !differs(told.usage, usage)) return;
    const timestamp = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const content = { timestamp, window: `${Math.round(windowMs / 1000)}s`, usage };
    try {
      await client.patch(nodeMetrics, { name: node }, { type: "merge", body: content });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await client.create(nodeMetrics, newObject<NodeMetrics>(nodeMetrics, { name: node }, content));
    }
    this.#told.set(node, { usage, atMs: clock.now() });
  }
}

/** Smaller changes, as a share of the larger value, are not worth a write. */
const WORTH = 0.1;
/** Nor are differences between amounts as small as these. */
const smallMillis = 50;
const smallBytes = 32 * 1024 * 1024;
const smallCount = 5;

export function differs(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return Object.keys({ ...a, ...b }).some((name) => {
    const isCpu = name.includes("cpu");
    const valueOf = isCpu ? milliValue : byteValue;
    const [before, after] = [valueOf(a[name]), valueOf(b[name])];
    const isCount = name.endsWith("percent") || name.endsWith("mbps");
    const small = isCpu ? smallMillis : isCount ? smallCount : smallBytes;
    return Math.abs(before - after) > Math.max(small, WORTH * Math.max(before, after));
  });
}
