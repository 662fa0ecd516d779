/** A copy of a store while it is written, as it was at one moment. */

import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import { keysFileOf } from "./store-keys.ts";

/** All in one step: one that is read in parts begins anew with every commit that comes between. */
const pagesPerStep = 2 ** 30;
const attemptsMax = 5;

/**
 * Copies the database and its keys to another path, which must be free. The source may be open in another process;
 * the copy holds every commit that was answered before the call.
 */
export async function copyStore(path: string, target: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const keys = readFileSync(keysFileOf(path), "utf8");
    const source = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    try {
      await backup(source, target, { rate: pagesPerStep });
    } finally {
      source.close();
    }
    // A store that was sealed anew in between needs the key of after.
    if (keys === readFileSync(keysFileOf(path), "utf8")) {
      writeFileSync(keysFileOf(target), keys, { mode: 0o600 });
      break;
    }
    if (attempt === attemptsMax)
      throw new Error(`cannot copy the store ${path}: its keys change all the time`);
  }
  chmodSync(target, 0o600);
  checkCopy(target);
}

function checkCopy(path: string): void {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const found = String(db.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"]);
    if (found !== "ok") throw new Error(`cannot copy the store: SQLite finds ${found}`);
  } finally {
    db.close();
  }
}

/** The newest version of each object of a resource that is not sealed, as JSON texts. */
export function readTexts(path: string, resource: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    // SQLite takes the other columns from the row that has the maximum.
    const rows = db
      .prepare("SELECT encoded, deleted, MAX(revision) FROM log WHERE resource = ? GROUP BY namespace, name")
      .all(resource);
    return rows.filter(({ deleted }) => deleted === 0).map(({ encoded }) => String(encoded));
  } finally {
    db.close();
  }
}
