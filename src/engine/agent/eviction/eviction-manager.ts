/**
 * Keeps the machine going when it runs short of memory or disk: says so on the nodes, so that nothing more is placed
 * there, has removed what nobody needs, and then ends pods one at a time until there is enough again.
 *
 * What must stay true: at most one pod goes between two looks at the machine; a pod whose end would not help stays.
 */

import { backoffDelayMs } from "../../../lib/backoff.ts";
import { sleep, type Clock } from "../../../lib/clock.ts";
import type { Logger } from "../../../lib/log.ts";
import { apiBackoff, evictionCheckMs, reclaimEveryMs, reclaimMaxMs } from "../limits.ts";
import { evictionMessage, rank, type Candidate } from "./rank.ts";
import {
  isMet,
  noPressure,
  PressureMemory,
  type Pressure,
  type Readings,
  type Signal,
  type Threshold,
} from "./thresholds.ts";

export interface EvictionOptions {
  readonly thresholds: readonly Threshold[];
  /** How long nodes are said to be short after they were last. */
  readonly transitionMs: number;
  readonly read: () => Promise<Readings>;
  /** The pods that run here. */
  readonly measure: (signal: Signal) => Promise<readonly Candidate[]>;
  /** Resolves when what the pod used is free. */
  readonly evict: (candidate: Candidate, message: string) => Promise<void>;
  /** Removes from the disks what nobody needs; absent: there is nobody to do it. */
  readonly reclaimDisk?: (() => Promise<void>) | undefined;
  /** Told when the machine becomes short of something, or has enough again. */
  readonly onChange: (pressure: Pressure, met: readonly Threshold[]) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export class EvictionManager {
  readonly #options: EvictionOptions;
  readonly #memory: PressureMemory;
  #pressure = noPressure;
  #reclaimedMs = Number.NEGATIVE_INFINITY;
  #toldHelpless = false;

  constructor(options: EvictionOptions) {
    this.#options = options;
    this.#memory = new PressureMemory(options.transitionMs);
  }

  get pressure(): Pressure {
    return this.#pressure;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, thresholds } = this.#options;
    if (thresholds.length === 0) return;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.check();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        log.warn("cannot see to it that the machine has enough memory and disk, trying again", { error });
      }
      const delayMs =
        failures === 0 ? evictionCheckMs : Math.max(evictionCheckMs, backoffDelayMs(apiBackoff, failures));
      await sleep(clock, delayMs, signal);
    }
  }

  /** Looks once, and ends one pod at most. */
  async check(): Promise<void> {
    let readings = await this.#look();
    let short = this.#met(readings);
    if (short.some(({ signal }) => signal !== "memory.available") && (await this.#reclaim())) {
      readings = await this.#look();
      short = this.#met(readings);
    }
    // Memory first, as it is listed: it may not wait.
    for (const threshold of short) if (await this.#relieve(threshold, readings)) return;
    if (short.length === 0) this.#toldHelpless = false;
    else if (!this.#toldHelpless) {
      this.#toldHelpless = true;
      const missing = short.map(({ signal, text }) => `${signal}<${text}`);
      this.#options.log.warn("the machine is short, and no pod's end would help", { missing });
    }
  }

  async #look(): Promise<Readings> {
    const { read, clock, onChange } = this.#options;
    const readings = await read();
    const met = this.#met(readings);
    const before = this.#pressure;
    this.#pressure = this.#memory.observe(met, clock.now());
    if (before.memory !== this.#pressure.memory || before.disk !== this.#pressure.disk)
      onChange(this.#pressure, met);
    return readings;
  }

  #met(readings: Readings): Threshold[] {
    return this.#options.thresholds.filter((threshold) => isMet(threshold, readings));
  }

  /** Whether it was tried. */
  async #reclaim(): Promise<boolean> {
    const { reclaimDisk, clock, log } = this.#options;
    if (reclaimDisk === undefined || clock.now() - this.#reclaimedMs < reclaimEveryMs) return false;
    this.#reclaimedMs = clock.now();
    const ended = new AbortController();
    const tooLong = sleep(clock, reclaimMaxMs, ended.signal);
    const tried = reclaimDisk().catch((error: unknown) => {
      log.warn("cannot remove what nobody needs from the disk", { error });
    });
    await Promise.race([tried, tooLong]);
    ended.abort();
    return true;
  }

  async #relieve(threshold: Threshold, readings: Readings): Promise<boolean> {
    const { measure, evict, log } = this.#options;
    const [first] = rank(threshold, await measure(threshold.signal));
    if (first === undefined) return false;
    const message = evictionMessage(threshold, readings, first);
    const { name, namespace } = first.pod.metadata;
    log.info("evicting a pod", { pod: `${namespace}/${name}`, why: message });
    await evict(first, message);
    return true;
  }
}
