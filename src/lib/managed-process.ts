/**
 * A program that Nagi runs beside itself (router, registry, DNS, container engine) and that must go on when
 * Nagi stops, crashes or is killed. A later Nagi adopts it: unchanged, it is left alone; with another
 * configuration it is reloaded or restarted; with another command line it is restarted.
 *
 * What must stay true: at most one instance per directory and name; a process that is not ours is never
 * touched (detached-process.ts); the log stays bounded.
 */

import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, open, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { backoffDelayMs } from "./backoff.ts";
import { sleep, type Clock } from "./clock.ts";
import {
  isAlive,
  readRecord,
  startDetached,
  terminate,
  writeNote,
  type ProcessRecord,
} from "./detached-process.ts";
import type { Logger } from "./log.ts";
import { platformOomScore } from "./oom-score.ts";
import { messageOf } from "./errors.ts";

/** Whether what was adopted still runs. */
const watchIntervalMs = 1000;
/** Of one's own, whose end is told, only the log is looked at. */
const ownWatchIntervalMs = 5000;
const readyPollMs = 20;
const restartBackoff = { baseMs: 200, capMs: 30_000 };
/** A program that ran this long starts its back-off from the beginning. */
const stableMs = 60_000;
const defaultLogMaxBytes = 4 * 1024 * 1024;
/** How much of the log a failure message quotes. */
const quotedLogBytes = 1024;

type Command = readonly [string, ...string[]];

export interface ManagedProcessOptions {
  readonly name: string;
  /** Holds NAME.pid, NAME.log and NAME.log.1. */
  readonly dir: string;
  /** Asked at each start. */
  readonly command: Command | (() => Command);
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  /** Of what the program reads only at its start, for instance its configuration files. */
  readonly configDigest?: string | undefined;
  /** Makes the running program take a changed configuration; absent: it is restarted. */
  readonly reload?: ((pid: number) => Promise<void>) | undefined;
  /** Whether the program does its work; asked again until true. A throw counts as no. */
  readonly ready?: (() => Promise<boolean>) | undefined;
  readonly readyTimeoutMs?: number | undefined;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs?: number | undefined;
  readonly logMaxBytes?: number | undefined;
  /** When the kernel runs out of memory; absent: as the platform itself, which goes last. */
  readonly oomScore?: number | undefined;
  /** DetachedProgram's; 0 when absent. It is no reason to restart what runs with another one. */
  readonly niceness?: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export type StartOutcome = "started" | "adopted" | "reloaded" | "restarted";

export class ManagedProcess {
  readonly #options: ManagedProcessOptions;
  readonly #recordFile: string;
  readonly logFile: string;
  #configDigest: string;
  /** As long as it runs, when it is this process's own: its end is told, and what was adopted is asked for. */
  #child: ChildProcess | undefined;
  /** Where in the log the present start begins. */
  #logStart = 0;
  /** Whether it shall run: false after `stop`, so that the supervisor lets it be. */
  #wanted = false;
  #wake: (() => void) | undefined;
  /** Starts, reloads and stops take turns, whoever asks. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ManagedProcessOptions) {
    this.#options = options;
    this.#recordFile = join(options.dir, `${options.name}.pid`);
    this.logFile = join(options.dir, `${options.name}.log`);
    this.#configDigest = options.configDigest ?? "";
  }

  /** Adopts the running program or starts it, and waits until it is ready. */
  start(): Promise<StartOutcome> {
    this.#wanted = true;
    return this.#inTurn(() => this.#start());
  }

  async #start(): Promise<StartOutcome> {
    const record = await this.#running();
    const [command, config] = record?.note.split(" ") ?? [];
    let outcome: StartOutcome;
    if (record === undefined) {
      outcome = "started";
      await this.#spawn();
    } else if (command === this.#commandDigest() && config === this.#configDigest) {
      outcome = "adopted";
    } else if (command === this.#commandDigest() && this.#options.reload !== undefined) {
      outcome = "reloaded";
      await this.#reload(record);
    } else {
      outcome = "restarted";
      await this.#terminate();
      await this.#spawn();
    }
    await this.#waitReady();
    this.#options.log.info("program runs", { program: this.#options.name, outcome, pid: await this.pid() });
    return outcome;
  }

  /** Keeps the program running until the signal aborts, which leaves it running. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, name } = this.#options;
    let failures = 0;
    let startedMs = clock.now();
    while (!signal.aborted) {
      await this.#pause(signal, this.#child === undefined ? watchIntervalMs : ownWatchIntervalMs);
      if (signal.aborted) return;
      await this.#rotateLog();
      if (!this.#wanted || this.#child !== undefined || (await this.isRunning())) continue;
      failures = clock.now() - startedMs > stableMs ? 1 : failures + 1;
      log.warn("program ended and is started again", { program: name, failures, log: await this.#logTail() });
      await sleep(clock, backoffDelayMs(restartBackoff, failures), signal);
      if (signal.aborted || !this.#wanted) continue;
      startedMs = clock.now();
      await this.#inTurn(() => this.#restart()).catch((error: unknown) => {
        log.warn("program did not start", { program: name, error: messageOf(error) });
      });
    }
  }

  /** Applies a new configuration to the running program. */
  reconfigure(configDigest: string): Promise<StartOutcome> {
    this.#configDigest = configDigest;
    return this.start();
  }

  stop(): Promise<void> {
    this.#wanted = false;
    return this.#inTurn(() => this.#terminate());
  }

  async isRunning(): Promise<boolean> {
    return (await this.#running()) !== undefined;
  }

  async pid(): Promise<number | undefined> {
    return (await this.#running())?.pid;
  }

  async #restart(): Promise<void> {
    if (this.#wanted) await this.#start();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #running(): Promise<ProcessRecord | undefined> {
    const record = await readRecord(this.#recordFile);
    return record !== undefined && (await isAlive(record)) ? record : undefined;
  }

  async #spawn(): Promise<void> {
    const { env, cwd, niceness, oomScore = platformOomScore } = this.#options;
    const { logFile } = this;
    const program = {
      command: this.#command(),
      env,
      cwd,
      logFile,
      recordFile: this.#recordFile,
      note: this.#note(),
      oomScore,
      niceness,
    };
    this.#logStart = await sizeOf(logFile);
    const child = await startDetached(program);
    this.#child = child;
    child.once("exit", () => {
      if (this.#child === child) this.#child = undefined;
      this.#wake?.();
    });
  }

  async #reload(record: ProcessRecord): Promise<void> {
    await this.#options.reload?.(record.pid);
    await writeNote(this.#recordFile, this.#note());
  }

  async #terminate(): Promise<void> {
    await terminate(this.#recordFile, {
      clock: this.#options.clock,
      graceMs: this.#options.graceMs ?? 10_000,
    });
  }

  async #waitReady(): Promise<void> {
    const { clock, name, ready, readyTimeoutMs = 10_000 } = this.#options;
    const deadline = clock.now() + readyTimeoutMs;
    for (;;) {
      const alive = this.#child !== undefined || (await this.isRunning());
      if (!alive) throw new Error(`cannot start ${name}: it ended at once: ${await this.#logTail()}`);
      const isReady = ready === undefined ? await this.isRunning() : await ready().catch(() => false);
      if (isReady) return;
      if (clock.now() >= deadline) {
        throw new Error(
          `cannot start ${name}: not ready after ${readyTimeoutMs} ms: ${await this.#logTail()}`,
        );
      }
      await sleep(clock, readyPollMs);
    }
  }

  #pause(signal: AbortSignal, delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return Promise.race([sleep(this.#options.clock, delayMs, signal), promise]);
  }

  /** The program holds the file open for appending, so its content is moved, not the file. */
  async #rotateLog(): Promise<void> {
    if ((await sizeOf(this.logFile)) <= (this.#options.logMaxBytes ?? defaultLogMaxBytes)) return;
    await copyFile(this.logFile, `${this.logFile}.1`);
    await truncate(this.logFile, 0);
  }

  async #logTail(): Promise<string> {
    const file = await open(this.logFile, "r").catch(() => undefined);
    if (file === undefined) return "no log";
    try {
      const { size } = await file.stat();
      const since = size >= this.#logStart ? size - this.#logStart : size;
      const buffer = Buffer.alloc(Math.min(since, quotedLogBytes));
      await file.read(buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString("utf8").trim() || "empty log";
    } finally {
      await file.close();
    }
  }

  #note(): string {
    return `${this.#commandDigest()} ${this.#configDigest}`;
  }

  #command(): Command {
    const { command } = this.#options;
    return typeof command === "function" ? command() : command;
  }

  #commandDigest(): string {
    const { env, cwd } = this.#options;
    return createHash("sha256")
      .update(JSON.stringify([this.#command(), env, cwd]))
      .digest("hex");
  }
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Ends a managed program from outside, knowing only where it keeps its record. Says whether it ran. */
export function stopManaged(options: {
  readonly name: string;
  readonly dir: string;
  readonly graceMs: number;
  readonly clock: Clock;
}): Promise<boolean> {
  return terminate(join(options.dir, `${options.name}.pid`), options);
}
