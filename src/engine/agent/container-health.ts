/**
 * The probes of one running container. First the startup probe, then liveness and readiness, each at its pace.
 * Until a probe holds for the first time it is also tried early (limits.ts), so that readiness is seen at once.
 */

import { sleep, type Clock } from "../../lib/clock.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { Probe } from "../../model/kinds/core/pod/probe.ts";
import type { CheckResult } from "./check-target.ts";
import { earlyProbes, goesOnMaxMs } from "./limits.ts";
import { afterResult, hasFailed, initialState, type ProbeState, type ProbeType } from "./probe-state.ts";

export interface HealthOptions {
  readonly container: Container;
  readonly startedMs: number;
  /** What was known before a restart of the agent. */
  readonly adopted?: { readonly started: boolean; readonly ready: boolean } | undefined;
  readonly clock: Clock;
  readonly check: (type: ProbeType, probe: Probe, signal: AbortSignal) => Promise<CheckResult>;
  /** Called when `started`, `ready` or `failed` changed. */
  readonly onChange: () => void;
  /** Called for a failure that counts. */
  readonly onFailure: (type: ProbeType, message: string) => void;
}

export class ContainerHealth {
  readonly #options: HealthOptions;
  readonly #aborter = new AbortController();
  readonly #liveness = new AbortController();
  #started: boolean;
  #ready: boolean;
  #failed: "startup" | "liveness" | undefined;

  constructor(options: HealthOptions) {
    this.#options = options;
    const { startupProbe, readinessProbe } = options.container;
    // Without a probe to turn it, what was told while another one was still to hold would stay for ever.
    this.#started = startupProbe === undefined || options.adopted?.started === true;
    this.#ready = readinessProbe === undefined || options.adopted?.ready === true;
    this.#aborter.signal.addEventListener("abort", () => this.#liveness.abort(), { once: true });
    void this.#run();
  }

  get started(): boolean {
    return this.#started;
  }

  get ready(): boolean {
    return this.#started && this.#ready;
  }

  /** Which probe wants the container restarted. */
  get failed(): "startup" | "liveness" | undefined {
    return this.#failed;
  }

  /** The container is being stopped: only its readiness is still of interest. */
  stopping(): void {
    this.#liveness.abort();
  }

  stop(): void {
    this.#aborter.abort();
  }

  async #run(): Promise<void> {
    const { startupProbe, livenessProbe, readinessProbe } = this.#options.container;
    if (startupProbe !== undefined && !this.#started) {
      await this.#repeat("startup", startupProbe);
      if (!this.#started) return;
    }
    const probes: Promise<void>[] = [];
    if (livenessProbe !== undefined) probes.push(this.#repeat("liveness", livenessProbe));
    if (readinessProbe !== undefined) probes.push(this.#repeat("readiness", readinessProbe));
    await Promise.all(probes);
  }

  /** Until the probe is decided (startup), has failed (liveness) or is stopped. */
  async #repeat(type: ProbeType, probe: Probe): Promise<void> {
    const { clock, startedMs } = this.#options;
    const signal = type === "readiness" ? this.#aborter.signal : this.#liveness.signal;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const initialMs = startedMs + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now();
    if (initialMs > 0) await sleep(clock, initialMs, signal);
    let state = this.#adoptedState(type);
    let heldBefore = state.healthy;
    let dueMs = clock.now();
    const ask = this.#oneAtATime(type, probe, signal);
    while (!signal.aborted) {
      const counts = clock.now() >= dueMs;
      if (counts) dueMs = clock.now() + periodMs;
      const result = await ask().catch((error: unknown) => {
        return { ok: false, message: error instanceof Error ? error.message : String(error) };
      });
      if (signal.aborted) return;
      if (result.ok || counts) state = afterResult(state, probe, result.ok);
      if (!result.ok && counts) this.#options.onFailure(type, result.message);
      if (this.#apply(type, state, probe)) return;
      heldBefore ||= state.healthy;
      await this.#pause(heldBefore ? undefined : probe, dueMs, signal);
    }
  }

  /** The check; while the last one goes on beyond its time, its failure again. */
  #oneAtATime(type: ProbeType, probe: Probe, signal: AbortSignal): () => Promise<CheckResult> {
    const { clock } = this.#options;
    let last: { readonly result: CheckResult; readonly untilMs: number } | undefined;
    return async () => {
      if (last !== undefined && clock.now() < last.untilMs) return last.result;
      const result = await this.#options.check(type, probe, signal);
      last = undefined;
      if (result.goesOn === undefined) return result;
      const mine = { result, untilMs: clock.now() + goesOnMaxMs };
      last = mine;
      const forget = async (): Promise<void> => {
        await result.goesOn;
        if (last === mine) last = undefined;
      };
      void forget();
      return result;
    };
  }

  /** Until the next try: the ordinary one when it is due, before it early ones at growing distances. */
  async #pause(early: Probe | undefined, dueMs: number, signal: AbortSignal): Promise<void> {
    const { clock, startedMs } = this.#options;
    const ordinaryMs = Math.max(0, dueMs - clock.now());
    const { minMs, share } = early?.exec === undefined ? earlyProbes.network : earlyProbes.exec;
    const earlyMs = Math.max(minMs, (clock.now() - startedMs) * share);
    await sleep(clock, early === undefined ? ordinaryMs : Math.min(ordinaryMs, earlyMs), signal);
  }

  #adoptedState(type: ProbeType): ProbeState {
    const state = initialState(type);
    return type === "readiness" && this.#ready ? { ...state, healthy: true } : state;
  }

  /** Takes over what the probe says; true when it has nothing more to say. */
  #apply(type: ProbeType, state: ProbeState, probe: Probe): boolean {
    if (type === "readiness") {
      if (this.#ready === state.healthy) return false;
      this.#ready = state.healthy;
      this.#options.onChange();
      return false;
    }
    if (hasFailed(state, probe)) {
      this.#failed = type;
      this.#options.onChange();
      return true;
    }
    if (type === "liveness" || !state.healthy) return false;
    this.#started = true;
    this.#options.onChange();
    return true;
  }
}
