/** A container's orderly end: preStop hook, stop signal, and at the end of its grace SIGKILL. */

import { sleep } from "../../lib/clock.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { AgentContext } from "./agent-context.ts";
import { check } from "./checks.ts";
import type { ContainerRecord } from "./container-record.ts";
import { hookMaxMs, hookOutputMaxBytes, killRetryMs, minGraceAfterHookMs } from "./limits.ts";

export interface StopOptions {
  readonly record: ContainerRecord;
  /** Absent when the pod's spec is no longer known: no hook is run. */
  readonly container?: Container | undefined;
  readonly deadlineMs: number;
  /** The agent itself ends: the container is left as it is. */
  readonly signal: AbortSignal;
  readonly onHookFailure?: ((message: string) => void) | undefined;
}

export class ContainerStop {
  readonly #context: AgentContext;
  readonly #options: StopOptions;
  #deadlineMs: number;
  /** Aborts whatever waits, when the deadline changed. */
  #waiting = new AbortController();

  constructor(context: AgentContext, options: StopOptions) {
    this.#context = context;
    this.#options = options;
    this.#deadlineMs = options.deadlineMs;
  }

  /** Grace can only become shorter. */
  shorten(deadlineMs: number): void {
    if (deadlineMs >= this.#deadlineMs) return;
    this.#deadlineMs = deadlineMs;
    this.#waiting.abort();
    this.#waiting = new AbortController();
  }

  /** Resolves when the container has ended, or the signal aborted. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const abort = (): void => this.#waiting.abort();
    signal.addEventListener("abort", abort, { once: true });
    try {
      await this.#end();
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async #end(): Promise<void> {
    const { record, signal } = this.#options;
    const { engine, clock } = this.#context;
    if (this.#options.container?.lifecycle?.preStop !== undefined && this.#remainingMs() > 0) {
      await this.#preStop();
      if (this.#deadlineMs > 0) {
        this.#deadlineMs = Math.max(this.#deadlineMs, clock.now() + this.#graceAfterHookMs());
      }
    }
    if (this.#remainingMs() > 0 && !signal.aborted && this.#isRunning()) {
      await engine.killContainer(record.id, record.stopSignal);
      await this.#waitUntilDeadline();
    }
    while (!signal.aborted && this.#isRunning()) {
      await engine.killContainer(record.id, "SIGKILL");
      await this.#waitExit(clock.now() + killRetryMs);
    }
  }

  /** A force deletion in the middle of the hook leaves no grace at all. */
  #graceAfterHookMs(): number {
    return this.#deadlineMs < this.#options.deadlineMs ? 0 : minGraceAfterHookMs;
  }

  #remainingMs(): number {
    return this.#deadlineMs - this.#context.clock.now();
  }

  #isRunning(): boolean {
    return this.#context.index.get(this.#options.record.id)?.state === "running";
  }

  async #waitUntilDeadline(): Promise<void> {
    while (!this.#options.signal.aborted && this.#isRunning() && this.#remainingMs() > 0) {
      await this.#waitExit(this.#deadlineMs);
    }
  }

  async #waitExit(untilMs: number): Promise<void> {
    const { clock, index } = this.#context;
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, this.#waiting.signal]);
    const exited = index.waitExit(this.#options.record.id, signal);
    await Promise.race([exited, sleep(clock, untilMs - clock.now(), signal)]);
    done.abort();
    await exited;
  }

  async #preStop(): Promise<void> {
    const { record, container, onHookFailure } = this.#options;
    const action = container?.lifecycle?.preStop;
    if (container === undefined || action === undefined) return;
    const { clock, engine } = this.#context;
    const timeoutMs = Math.min(hookMaxMs, this.#remainingMs());
    if (action.sleep !== undefined) {
      await sleep(clock, Math.min(action.sleep.seconds * 1000, timeoutMs), this.#waiting.signal);
      return;
    }
    const result = await check(action, {
      engine,
      container,
      containerId: record.id,
      address: record.address,
      timeoutMs,
      outputMaxBytes: hookOutputMaxBytes,
      signal: this.#waiting.signal,
    }).catch((error: unknown) => {
      return { ok: false, message: error instanceof Error ? error.message : String(error) };
    });
    if (!result.ok && this.#isRunning()) onHookFailure?.(result.message);
  }
}
