/**
 * One process a store. The lock is the operating system's, held through a small database beside the log, so it
 * ends with the process however that dies; a file with the process id is there to name the holder.
 */

import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

const sqliteBusy = 5;

export interface StoreLock {
  release(): void;
}

export function lockStore(path: string): StoreLock {
  const pidFile = `${path}.pid`;
  const db = new DatabaseSync(`${path}.lock`);
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error;
    throw new Error(`cannot open the store ${path}: ${holderOf(pidFile)} has it open`, { cause: error });
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return {
    release() {
      rmSync(pidFile, { force: true });
      db.close();
    },
  };
}

function holderOf(pidFile: string): string {
  try {
    const pid = readFileSync(pidFile, "utf8").trim();
    if (/^\d+$/.test(pid)) return `process ${pid}`;
  } catch {
    // The holder has not written it yet, or is just going: there is no name to give.
  }
  return "another process";
}

/** Makes a new file's name survive a power loss too. */
export function syncFolderOf(path: string): void {
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
