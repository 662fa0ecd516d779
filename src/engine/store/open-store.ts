/** Opens the store of a data directory: takes the lock, reads the log, starts the thread that writes it. */

import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { CommittedState } from "./committed-state.ts";
import { Committer } from "./committer.ts";
import { defaultStoreLimits, type StoreLimits } from "./limits.ts";
import { lockStore, syncFolderOf } from "./lock.ts";
import { LogFile, type LogFileOptions, type Sealing } from "./log-file.ts";
import { Ordering } from "./ordering.ts";
import { RevisionStore } from "./revision-store.ts";
import { keysFileOf, newKey, readKeys, writeKeys } from "./store-keys.ts";
import type { Store } from "./store.ts";

/** Their values are on disk only sealed. */
const sealedResources = ["secrets"] as const;

export interface OpenStoreOptions {
  /** The database file; its directory is made when missing. Other files of the store stand beside it. */
  readonly path: string;
  readonly log: Logger;
  readonly limits?: Partial<StoreLimits> | undefined;
  /** Freezes every value deeply, to find who changes shared objects. Costs time: for tests. */
  readonly freezeValues?: boolean | undefined;
}

export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { path, log, freezeValues = false } = options;
  const limits = { ...defaultStoreLimits, ...options.limits };
  prepareFile(path);
  const lock = lockStore(path);
  let committer: Committer | undefined;
  try {
    const file = { path, maxPages: limits.fileMaxPages, sealing: sealingOf(path) };
    sealAnew(file, log);
    committer = new Committer(file);
    const { state, removals } = readLog(new LogFile(file), { limits, freezeValues });
    syncFolderOf(path);
    const ordering = new Ordering({ state, valueMaxBytes: limits.valueMaxBytes, freezeValues });
    return new RevisionStore({ state, ordering, committer, lock, log, limits, removals });
  } catch (error) {
    await committer?.close();
    lock.release();
    throw new Error(`cannot open the store ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Secrets are in it: nobody else may read the file, nor those that SQLite puts beside it with its mode. */
function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
}

/** The keys of the store; made with the first start, never beside what another key has sealed. */
function sealingOf(path: string): Sealing {
  const file = keysFileOf(path);
  const keys = readKeys(file);
  if (keys !== undefined) return { keys, resources: sealedResources };
  const log = new LogFile({ path, maxPages: 0 });
  const hasSealed = log.hasSealed();
  log.close();
  if (hasSealed)
    throw new Error(`${file} is missing, with which secrets are sealed: restore it from a backup`);
  const fresh = [newKey()];
  writeKeys(file, fresh);
  syncFolderOf(path);
  return { keys: fresh, resources: sealedResources };
}

/** What an older version wrote, and what an older key sealed; that key is thrown away then. */
function sealAnew(file: LogFileOptions & { readonly sealing: Sealing }, log: Logger): void {
  const logFile = new LogFile(file);
  try {
    const count = logFile.sealAnew();
    if (count > 0) log.info("sealed secrets with the present key", { count });
  } finally {
    logFile.close();
  }
  const { keys } = file.sealing;
  if (keys.length > 1) writeKeys(keysFileOf(file.path), keys.slice(0, 1));
}

function readLog(
  file: LogFile,
  options: { readonly limits: StoreLimits; readonly freezeValues: boolean },
): { state: CommittedState; removals: number[] } {
  try {
    const state = new CommittedState({ ...options, compacted: file.compacted() });
    const removals: number[] = [];
    for (const row of file.rows()) removals.push(...state.load(row));
    return { state, removals };
  } finally {
    file.close();
  }
}
