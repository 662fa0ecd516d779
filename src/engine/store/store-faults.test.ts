/** What is left of the store after a kill, and what it does while the disk is full. */

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../lib/log.ts";
import { seededRandom } from "../../lib/random.ts";
import type { KubeObject } from "../../model/meta.ts";
import { openStore } from "./open-store.ts";
import type { Store, StoreEvent } from "./store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nagi-store-faults-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const crashWriter = fileURLToPath(new URL("testing/crash-writer.ts", import.meta.url));

interface Acknowledged {
  readonly revision: number;
  readonly value: string;
}

/** Runs the writing program until it is killed, some time after its first acknowledged writes. */
async function runAndKill(path: string, afterLines: number): Promise<Map<string, Acknowledged>> {
  const child = spawn(process.execPath, [crashWriter, path], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  await new Promise((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.split("\n").length > afterLines) child.kill("SIGKILL");
    });
    child.on("close", resolve);
  });
  const newest = new Map<string, Acknowledged>();
  for (const line of output.split("\n").slice(0, -1)) {
    const [revision = "", name = "", value = ""] = line.split(" ");
    newest.set(name, { revision: Number(revision), value });
  }
  return newest;
}

const valueOf = (value: KubeObject | undefined) => (value as { value?: string } | undefined)?.value;

/** The acknowledged round or the next, which may have reached the disk before its answer; a deletion is undefined. */
function possibleAfter(value: string): (string | undefined)[] {
  const [pid, round] = value.split("-");
  const left = (at: number) => (at % 7 === 0 ? undefined : `${pid}-${at}`);
  return [left(Number(round)), left(Number(round) + 1)];
}

test("every acknowledged write is there after kill -9, and no revision is given twice", async () => {
  const path = join(folder, "store.db");
  const random = seededRandom(7);
  for (let round = 0; round < 6; round += 1) {
    const acknowledged = await runAndKill(path, 1 + random.below(3000));
    expect(acknowledged.size).toBeGreaterThan(0);
    await using store = await openStore({ path, log: silentLogger });
    const newest = Math.max(...[...acknowledged.values()].map(({ revision }) => revision));
    expect(store.revision).toBeGreaterThanOrEqual(newest);
    for (const [name, { value }] of acknowledged) {
      const entry = store.get({ resource: "things", namespace: "default", name });
      expect(possibleAfter(value)).toContain(valueOf(entry?.value));
    }
  }
}, 60_000);

test("a store that another process has is not opened, until that process is gone", async () => {
  const path = join(folder, "store.db");
  const child = spawn(process.execPath, [crashWriter, path], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const open = openStore({ path, log: silentLogger });
  await expect(open).rejects.toThrow(`cannot open the store ${path}: process ${child.pid} has it open`);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.on("close", resolve));
  await using store = await openStore({ path, log: silentLogger });
  expect(store.revision).toBeGreaterThan(0);
});

const put = (store: Store, name: string, value: string, expectedRevision?: number): Promise<unknown> => {
  const metadata = { name, namespace: "default" };
  const made = { apiVersion: "v1", kind: "Thing", metadata, value } as KubeObject;
  return store.write({ resource: "things", namespace: "default", name, expectedRevision, make: () => made });
};

/** Writes until one is refused; returns how many were taken. */
async function fill(store: Store, size = 20_000): Promise<{ taken: number; error: unknown }> {
  for (let taken = 0; ; taken += 1) {
    try {
      await put(store, `filler-${size}-${taken}`, "x".repeat(size));
    } catch (error) {
      return { taken, error };
    }
  }
}

const noSpace = {
  name: "StatusError",
  reason: "ServiceUnavailable",
  message: "cannot write to the store: no space left on device",
};

describe("a full disk", () => {
  test("refuses all writes that depend on it, keeps what was acknowledged, and shows nothing else", async () => {
    const path = join(folder, "store.db");
    const store = await openStore({ path, log: silentLogger, limits: { fileMaxPages: 60 } });
    const seen: StoreEvent[] = [];
    const onEvents = (events: readonly StoreEvent[]) => void seen.push(...events);
    store.watch({ resource: "things", afterRevision: 0, onEvents });
    const { taken, error } = await fill(store);
    expect(error).toMatchObject(noSpace);
    const results = await Promise.allSettled([
      put(store, "a", "x".repeat(50_000)),
      put(store, "a", "decided on the one before"),
    ]);
    expect(results).toMatchObject([{ reason: noSpace }, { reason: noSpace }]);
    expect([store.revision, seen.length, store.list("things").entries.length]).toEqual([taken, taken, taken]);
    // What fits is still taken, with the next revision, and nothing is left of what was refused.
    expect(await put(store, "a", "small", 0)).toMatchObject({
      revision: taken + 1,
      createdRevision: taken + 1,
    });
    await store[Symbol.asyncDispose]();
    await using again = await openStore({ path, log: silentLogger });
    expect(again.revision).toBe(taken + 1);
    expect(await put(again, "later", "x".repeat(50_000))).toMatchObject({ revision: taken + 2 });
  });

  test("that is emptied again is written to again", async ({ skip }) => {
    using disk = smallDisk();
    if (disk === undefined) return skip("mounting a small disk needs root");
    const ballast = join(disk.path, "ballast");
    writeFileSync(ballast, Buffer.alloc(1024 * 1024));
    await using store = await openStore({ path: join(disk.path, "store.db"), log: silentLogger });
    const { taken, error } = await fill(store);
    expect(error).toMatchObject(noSpace);
    rmSync(ballast);
    expect(await put(store, "a", "x".repeat(20_000))).toMatchObject({ revision: taken + 1 });
  });

  test("stops neither compaction in memory nor closing", async ({ skip }) => {
    using disk = smallDisk();
    if (disk === undefined) return skip("mounting a small disk needs root");
    const store = await openStore({ path: join(disk.path, "store.db"), log: silentLogger });
    await fill(store);
    await fill(store, 10);
    await expect(store.compact(store.revision)).rejects.toMatchObject(noSpace);
    expect(() => store.list("things", undefined, store.revision - 1)).toThrow("too old");
    await store[Symbol.asyncDispose]();
  });
});

/** Three MiB that are soon full; undefined where one may not mount. */
function smallDisk(): (Disposable & { readonly path: string }) | undefined {
  const path = join(folder, "disk");
  mkdirSync(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "none", path], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return { path, [Symbol.dispose]: () => execFileSync("umount", [path]) };
}

test("nobody but the owner can read the store's files", async () => {
  const path = join(folder, "data", "store.db");
  await using store = await openStore({ path, log: silentLogger });
  await put(store, "a", "secret");
  for (const suffix of ["", "-wal"]) expect(statSync(`${path}${suffix}`).mode & 0o077).toBe(0);
});

test("a store of a newer layout, and a file that is none, are refused in words", async () => {
  const path = join(folder, "store.db");
  writeFileSync(path, "this is no database, though it is long enough to look like one".repeat(100));
  await expect(openStore({ path, log: silentLogger })).rejects.toThrow(`cannot open the store ${path}`);
  rmSync(path);
  await (await openStore({ path, log: silentLogger }))[Symbol.asyncDispose]();
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(path);
  db.exec("PRAGMA user_version = 99");
  db.close();
  await expect(openStore({ path, log: silentLogger })).rejects.toThrow("its layout 99 is of a newer version");
});
