/** The main thread's end of the commit worker: one batch in flight, each answered once. */

import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { assert, messageOf } from "../../lib/errors.ts";
import type { Batch, LogFileOptions } from "./log-file.ts";
import type { WorkerAnswer, WorkerFailure, WorkerRequest } from "./commit-worker.ts";

/** Primary result codes of SQLite, in words that a person can act on. */
const causes: Readonly<Record<number, string>> = {
  5: "another process has locked the file",
  8: "the disk is read-only",
  10: "input/output error of the disk",
  11: "the file is damaged",
  13: "no space left on device",
  14: "cannot open the file",
};

export class Committer {
  readonly #worker: Worker;
  #waiting: ((failure: WorkerFailure | undefined) => void) | undefined;
  #stopped: WorkerFailure | undefined;

  constructor(options: LogFileOptions) {
    const program = new URL("./commit-worker.ts", import.meta.url);
    this.#worker = new Worker(program, { workerData: options, env: compileCacheEnvironment() });
    this.#worker.on("message", (answer: WorkerAnswer) => this.#answer(answer.failure));
    this.#worker.on("error", (error) => this.#stop(`the writer thread failed: ${messageOf(error)}`));
    this.#worker.on("exit", () => this.#stop("the writer thread has ended"));
  }

  /** Calls back with what went wrong, or with undefined once the batch is on disk; a task of its own. */
  commit(batch: Batch, onAnswer: (cause: string | undefined) => void): void {
    this.#send({ commit: batch }, onAnswer);
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#send("close", resolve));
    await this.#worker.terminate();
  }

  #send(request: WorkerRequest, onAnswer: (cause: string | undefined) => void): void {
    assert(this.#waiting === undefined, "one commit is in flight at a time");
    this.#waiting = (failure) => onAnswer(failure === undefined ? undefined : causeOf(failure));
    if (this.#stopped === undefined) this.#worker.postMessage(request);
    else setImmediate(() => this.#answer(this.#stopped));
  }

  #answer(failure: WorkerFailure | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(failure);
  }

  /** What a thread did that died mid-commit is unknown, so the store takes no writes until it is opened again. */
  #stop(message: string): void {
    this.#stopped ??= { message, sqliteCode: undefined };
    this.#answer(this.#stopped);
  }
}

/**
 * A thread does not inherit the compile cache of its process. With it, it needs no TypeScript stripper of its own,
 * which is some 20 MB.
 */
function compileCacheEnvironment(): Record<string, string> {
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

function causeOf(failure: WorkerFailure): string {
  // Extended codes carry the primary one in their low byte.
  const known = failure.sqliteCode === undefined ? undefined : causes[failure.sqliteCode & 0xff];
  return known ?? failure.message;
}
