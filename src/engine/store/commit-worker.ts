/** The thread that waits for the disk: takes one batch at a time and answers once it is there. */

import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../lib/errors.ts";
import { LogFile, type Batch, type LogFileOptions } from "./log-file.ts";

export type WorkerRequest = { readonly commit: Batch } | "close";

/** Absent: it worked. */
export interface WorkerFailure {
  readonly message: string;
  /** SQLite's result code, when it was SQLite that refused. */
  readonly sqliteCode: number | undefined;
}

export interface WorkerAnswer {
  readonly failure: WorkerFailure | undefined;
}

let file: LogFile | undefined;

function perform(request: WorkerRequest): void {
  if (request === "close") {
    file?.close();
    file = undefined;
    return;
  }
  file ??= new LogFile(workerData as LogFileOptions);
  file.commit(request.commit);
}

parentPort?.on("message", (request: WorkerRequest) => {
  let failure: WorkerFailure | undefined;
  try {
    perform(request);
  } catch (error) {
    const code = (error as { errcode?: unknown }).errcode;
    failure = { message: messageOf(error), sqliteCode: typeof code === "number" ? code : undefined };
  }
  parentPort?.postMessage({ failure } satisfies WorkerAnswer);
  if (request === "close") parentPort?.close();
});
