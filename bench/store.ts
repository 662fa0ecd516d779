/**
 * `npm run bench -- store [--json]`: what the store does on this machine's disk: writes per second by the number
 * of writers that wait for their answers, the time to open a large log, and the fan-out of watches.
 *
 * The figures stand beside two bounds measured in the same run: one fsync of an appended block, and bare SQLite
 * with a transaction for each write.
 */

import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "../src/engine/store/open-store.ts";
import type { Store } from "../src/engine/store/store.ts";
import { silentLogger } from "../src/lib/log.ts";
import type { KubeObject } from "../src/model/meta.ts";

const objectBytes = 1024;
const measureMs = 2000;
const warmUpMs = 500;
const openObjects = 50_000;
const watchers = 1000;

const folder = mkdtempSync(join(process.env["NAGI_BENCH_DIR"] ?? tmpdir(), "nagi-bench-store-"));
const padding = "x".repeat(objectBytes - 250);

function object(name: string, round: number): KubeObject {
  const env = [{ name: "ROUND", value: `${round}` }];
  const spec = { padding, containers: [{ name: "web", image: "hello", env }] };
  const metadata = { name, namespace: "default", labels: { app: name }, uid: `00000000-${name}` };
  return { apiVersion: "v1", kind: "Pod", metadata, spec } as KubeObject;
}

function put(store: Store, name: string, round: number): Promise<unknown> {
  return store.write({ resource: "pods", namespace: "default", name, make: () => object(name, round) });
}

function percentile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;
}

function fsyncMs(): number {
  const file = openSync(join(folder, "fsync"), "w");
  const block = Buffer.alloc(4096, 1);
  const times: number[] = [];
  for (let round = 0; round < 200; round += 1) {
    writeSync(file, block);
    const startMs = performance.now();
    fsyncSync(file);
    times.push(performance.now() - startMs);
  }
  closeSync(file);
  times.sort((a, b) => a - b);
  return percentile(times, 0.5);
}

/** What a store without shared commits gets. */
function bareWritesPerSecond(): number {
  const db = new DatabaseSync(join(folder, "bare.db"));
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  db.exec("CREATE TABLE log (id INTEGER PRIMARY KEY, value TEXT)");
  const insert = db.prepare("INSERT INTO log (value) VALUES (?)");
  const endMs = performance.now() + measureMs;
  let count = 0;
  for (; performance.now() < endMs; count += 1) insert.run(JSON.stringify(object("bare", count)));
  db.close();
  return count / (measureMs / 1000);
}

async function writes(writers: number): Promise<Record<"writers" | "perSecond" | "p50Ms" | "p99Ms", number>> {
  const store = await openStore({ path: join(folder, `writers-${writers}.db`), log: silentLogger });
  const latencies: number[] = [];
  const warmMs = performance.now() + warmUpMs;
  const endMs = warmMs + measureMs;
  const writer = async (index: number): Promise<void> => {
    for (let round = 0; performance.now() < endMs; round += 1) {
      const startMs = performance.now();
      await put(store, `pod-${index}`, round);
      if (startMs >= warmMs) latencies.push(performance.now() - startMs);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, index) => writer(index)));
  await store[Symbol.asyncDispose]();
  latencies.sort((a, b) => a - b);
  const perSecond = latencies.length / (measureMs / 1000);
  return { writers, perSecond, p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) };
}

async function opening(): Promise<Record<"objects" | "fileMiB" | "openMs" | "readAllMs", number>> {
  const path = join(folder, "large.db");
  const filling = await openStore({ path, log: silentLogger });
  await Promise.all(Array.from({ length: openObjects }, (_, index) => put(filling, `pod-${index}`, 0)));
  await filling[Symbol.asyncDispose]();
  const startMs = performance.now();
  const store = await openStore({ path, log: silentLogger });
  const openMs = performance.now() - startMs;
  const readMs = performance.now();
  for (const entry of store.list("pods").entries) void entry.value;
  const readAllMs = performance.now() - readMs;
  await store[Symbol.asyncDispose]();
  return { objects: openObjects, fileMiB: statSync(path).size / 1024 / 1024, openMs, readAllMs };
}

/** Events that reach all watchers of a resource, while one batch after the other is written. */
async function fanOut(): Promise<Record<"watchers" | "eventsPerSecond", number>> {
  const store = await openStore({ path: join(folder, "watch.db"), log: silentLogger });
  let events = 0;
  const onEvents = (batch: readonly unknown[]): void => void (events += batch.length);
  for (let index = 0; index < watchers; index += 1) {
    store.watch({ resource: "pods", afterRevision: 0, onEvents });
  }
  const startMs = performance.now();
  for (let round = 0; performance.now() - startMs < measureMs; round += 1) {
    await Promise.all(Array.from({ length: 64 }, (_, index) => put(store, `pod-${index}`, round)));
  }
  const seconds = (performance.now() - startMs) / 1000;
  await store[Symbol.asyncDispose]();
  return { watchers, eventsPerSecond: events / seconds };
}

const results = {
  fsyncMs: fsyncMs(),
  bareWritesPerSecond: bareWritesPerSecond(),
  writes: [await writes(1), await writes(16), await writes(256), await writes(4096)],
  open: await opening(),
  watch: await fanOut(),
};
rmSync(folder, { recursive: true });

function printTable(): void {
  const { bareWritesPerSecond: bare, open, watch } = results;
  console.log(
    `one fsync: ${results.fsyncMs.toFixed(2)} ms; a transaction for each write: ${bare.toFixed(0)}/s`,
  );
  console.log("writers  writes/s    ratio  p50 ms  p99 ms");
  for (const { writers, perSecond, p50Ms, p99Ms } of results.writes) {
    const ratio = `${(perSecond / bare).toFixed(2)} x`;
    const cells = [`${writers}`.padStart(7), perSecond.toFixed(0).padStart(8), ratio.padStart(7)];
    console.log([...cells, p50Ms.toFixed(2).padStart(6), p99Ms.toFixed(2).padStart(6)].join("  "));
  }
  console.log(`open ${open.objects} objects, ${open.fileMiB.toFixed(0)} MiB: ${open.openMs.toFixed(0)} ms`);
  console.log(`parse all of them: ${open.readAllMs.toFixed(0)} ms`);
  console.log(`watch: ${watch.eventsPerSecond.toFixed(0)} events/s to ${watch.watchers} watchers together`);
}

if (process.argv.includes("--json")) console.log(JSON.stringify(results, undefined, 2));
else printTable();
