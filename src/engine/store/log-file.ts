/**
 * The log on disk: one row a version, in revision order, nothing ever changed. Compaction removes rows that a
 * later version supersedes, so the rows up to `compacted` are the state at that revision and the rows above it
 * are the window. Reading it from the start gives both.
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Envelope, isSealed } from "./envelope.ts";
import type { StoreKey } from "./store-keys.ts";

export interface LogRow {
  readonly revision: number;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdRevision: number;
  readonly deleted: boolean;
  readonly encoded: string;
}

/** What one commit changes, all of it or nothing. Flat, because it is copied to the worker. */
export interface Batch {
  /** Seven values a row, in the order of `LogRow`. */
  readonly rows: readonly (string | number)[];
  /** Revisions of superseded rows. */
  readonly removals: readonly number[];
  /** Absent: as before. */
  readonly compacted: number | undefined;
}

export const rowWidth = 7;

/** Pages of the write-ahead log after which SQLite carries them over into the file. */
const walCheckpointPages = 4000;
const walMaxBytes = 64 * 1024 * 1024;
const layoutVersion = 1;

const layout = `
  CREATE TABLE IF NOT EXISTS log (
    revision INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    encoded TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS compaction (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
  INSERT OR IGNORE INTO compaction VALUES (1, 0);
  PRAGMA user_version = ${layoutVersion};
`;

export interface LogFileOptions {
  readonly path: string;
  readonly maxPages: number;
  /** What is written sealed; absent: nothing. */
  readonly sealing?: Sealing | undefined;
}

export interface Sealing {
  readonly keys: readonly StoreKey[];
  /** Whose rows are sealed. */
  readonly resources: readonly string[];
}

type Row = readonly [revision: number, resource: string, namespace: string, name: string];

/** What a sealed text is bound to. */
function rowText([revision, resource, namespace, name]: Row): string {
  return `${resource} ${namespace}/${name} at revision ${revision}`;
}

export class LogFile {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #setCompacted: StatementSync;
  readonly #envelope: Envelope | undefined;
  readonly #sealed: ReadonlySet<string>;

  constructor(options: LogFileOptions) {
    this.#db = new DatabaseSync(options.path, { timeout: 5000 });
    this.#db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = ${walCheckpointPages};
      PRAGMA journal_size_limit = ${walMaxBytes};
    `);
    const { sealing } = options;
    this.#envelope = sealing === undefined ? undefined : new Envelope(sealing.keys);
    this.#sealed = new Set(sealing?.resources);
    if (options.maxPages > 0) this.#db.exec(`PRAGMA max_page_count = ${options.maxPages}`);
    this.#migrate(options.path);
    this.#insert = this.#db.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#remove = this.#db.prepare("DELETE FROM log WHERE revision = ?");
    this.#setCompacted = this.#db.prepare("UPDATE compaction SET revision = ?");
  }

  #migrate(path: string): void {
    const found = Number(this.#db.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (found === layoutVersion) return;
    if (found !== 0) {
      this.#db.close();
      throw new Error(`cannot open the store ${path}: its layout ${found} is of a newer version of Nagi`);
    }
    this.#db.exec(`BEGIN IMMEDIATE; ${layout} COMMIT;`);
  }

  compacted(): number {
    return Number(this.#db.prepare("SELECT revision FROM compaction").get()?.["revision"]);
  }

  /** All rows in revision order. */
  *rows(): Generator<LogRow> {
    const statement = this.#db.prepare("SELECT * FROM log ORDER BY revision");
    statement.setReturnArrays(true);
    for (const row of statement.iterate() as Iterable<unknown>) {
      const [revision, resource, namespace, name, createdRevision, deleted, encoded] = row as [
        number,
        string,
        string,
        string,
        number,
        number,
        string,
      ];
      const text = isSealed(encoded) ? this.#open(encoded, [revision, resource, namespace, name]) : encoded;
      yield { revision, resource, namespace, name, createdRevision, deleted: deleted === 1, encoded: text };
    }
  }

  /** On disk when it returns; nothing of it there when it throws. */
  commit(batch: Batch): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const { rows, removals, compacted } = batch;
      for (let at = 0; at < rows.length; at += rowWidth)
        this.#insert.run(...this.#sealRow(rows.slice(at, at + rowWidth)));
      for (const revision of removals) this.#remove.run(revision);
      if (compacted !== undefined) this.#setCompacted.run(compacted);
      this.#db.exec("COMMIT");
    } catch (error) {
      // A full disk may have ended the transaction already.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Whether any row is sealed: then its key must not be missing. */
  hasSealed(): boolean {
    return this.#db.prepare("SELECT 1 FROM log WHERE encoded LIKE 'sealed:%' LIMIT 1").get() !== undefined;
  }

  /** Seals with the present key what is not; returns how many rows that were. Nothing of the old text stays on disk. */
  sealAnew(): number {
    const envelope = this.#envelope;
    if (envelope === undefined) return 0;
    const places = [...this.#sealed].map(() => "?").join(", ");
    const old = this.#db
      .prepare(`SELECT revision, resource, namespace, name, encoded FROM log WHERE resource IN (${places})`)
      .all(...this.#sealed)
      .filter(({ encoded }) => !envelope.isCurrent(String(encoded)));
    if (old.length === 0) return 0;
    const update = this.#db.prepare("UPDATE log SET encoded = ? WHERE revision = ?");
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      for (const { revision, resource, namespace, name, encoded } of old) {
        const row = [revision, resource, namespace, name] as Row;
        const text = envelope.open(String(encoded), rowText(row));
        update.run(envelope.seal(text, rowText(row)), Number(revision));
      }
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
    // Free pages and the write-ahead log still have the old text.
    this.#db.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
    return old.length;
  }

  /** Changes the texts that are not sealed, for a store that moves to another machine; returns how many differ. */
  rewrite(change: (encoded: string) => string): number {
    const update = this.#db.prepare("UPDATE log SET encoded = ? WHERE revision = ?");
    const rows = this.#db.prepare("SELECT revision, encoded FROM log").all();
    let count = 0;
    this.#db.exec("BEGIN IMMEDIATE");
    for (const { revision, encoded } of rows) {
      const text = String(encoded);
      const changed = isSealed(text) ? text : change(text);
      if (changed === text) continue;
      update.run(changed, Number(revision));
      count++;
    }
    this.#db.exec("COMMIT");
    return count;
  }

  #sealRow(row: (string | number)[]): (string | number)[] {
    const [revision, resource, namespace, name, , , encoded] = row;
    if (this.#envelope === undefined || !this.#sealed.has(String(resource))) return row;
    const bound = rowText([revision, resource, namespace, name] as Row);
    return [...row.slice(0, -1), this.#envelope.seal(String(encoded), bound)];
  }

  #open(text: string, row: Row): string {
    if (this.#envelope === undefined)
      throw new Error(`cannot open ${rowText(row)}: there is no file of keys`);
    return this.#envelope.open(text, rowText(row));
  }

  close(): void {
    this.#db.close();
  }
}
