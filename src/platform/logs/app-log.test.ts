import {
  appendFileSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { logLineText, type LogLine } from "../../model/log-line.ts";
import { AppLog, type ReadRequest } from "./app-log.ts";
import { Resumed } from "./cursors.ts";
import { linesFrom } from "./follow-container.ts";
import type { LogLimits } from "./segments.ts";

const roomy = { maxBytes: 1024 ** 3, maxAgeMs: 1024 ** 3 };

function open(dir: string, limits: LogLimits = roomy): AppLog {
  return new AppLog({ dir, limits: () => limits, clock: systemClock, log: silentLogger });
}

function line(second: number, text: string, source = "web.aaaaa"): LogLine {
  return { time: new Date(Date.UTC(2026, 10, 26, 10, 0, second)).toISOString(), source, text };
}

async function texts(log: AppLog, request: Partial<ReadRequest> = {}): Promise<string[]> {
  const batches = await Array.fromAsync(log.read({ isWanted: () => true, ...request }));
  return batches.flat().map(({ text }) => text);
}

test("lines are kept over a restart, in the order of their time", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-app-log-"));
  const log = open(dir.path);
  await log.add([line(2, "two"), line(3, "three"), line(1, "one", "router")]);
  await log.close();
  const again = open(dir.path);
  expect(await texts(again)).toEqual(["one", "two", "three"]);
  expect(await texts(again, { tail: 1 })).toEqual(["three"]);
  expect(await texts(again, { tail: 0 })).toEqual([]);
  expect(await texts(again, { sinceMs: Date.UTC(2026, 10, 26, 10, 0, 2) })).toEqual(["two", "three"]);
  expect(await texts(again, { isWanted: ({ source }) => source === "router" })).toEqual(["one"]);
});

test("after a kill in the middle of a line, and between two files, nothing is kept twice and nothing is lost", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-app-log-"));
  const container = ["one", "two", "three", "four"].map((text, index) => {
    const { time } = line(index < 3 ? 1 : 2, "");
    return `${time} ${text}`;
  });
  const resume = async (log: AppLog): Promise<void> => {
    const resumed = new Resumed(await log.cursorOf("web.aaaaa"));
    await log.add(container.flatMap((each) => linesFrom(each, "web.aaaaa", resumed)));
    await log.close();
  };
  const first = open(dir.path);
  await first.add(linesFrom(container[0] ?? "", "web.aaaaa", new Resumed(undefined)));
  await first.close();
  appendFileSync(join(dir.path, "current.log"), "2026-11-26T10:00:01.000Z web.aaaaa tw");
  const second = open(dir.path);
  await resume(second);
  expect(await texts(second)).toEqual(["one", "two", "three", "four"]);
  renameSync(join(dir.path, "current.log"), join(dir.path, "1.log"));
  const third = open(dir.path);
  await resume(third);
  expect(await texts(third)).toEqual(["one", "two", "three", "four"]);
  expect(readdirSync(dir.path)).toContain("1.log.gz");
});

test("files that are full are compressed, and the oldest go", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-app-log-"));
  const log = open(dir.path, { maxBytes: 500_000, maxAgeMs: 1024 ** 3 });
  // What does not compress well.
  let word = 1;
  const noise = (): string =>
    Array.from(
      { length: 40 },
      () => ((word = (word * 1_103_515_245 + 12_345) % 2 ** 31), word.toString(36)),
    ).join("");
  const lines = Array.from({ length: 30_000 }, (_, index) => line(index % 60, `${index} ${noise()}`));
  for (let index = 0; index < lines.length; index += 1000) await log.add(lines.slice(index, index + 1000));
  await log.close();
  const names = readdirSync(dir.path);
  expect(names).not.toContain("1.log.gz");
  expect(names.every((name) => name.endsWith(".gz") || name === "current.log")).toBe(true);
  expect((await texts(log, { tail: 1, isWanted: ({ text }) => text.startsWith("29999 ") })).length).toBe(1);
  // Every file says from where it goes on.
  for (const name of names) {
    const data = readFileSync(join(dir.path, name));
    const text = name.endsWith(".gz") ? gunzipSync(data).toString() : data.toString();
    expect(text.startsWith("#cursors ")).toBe(true);
  }
});

test("who follows hears of every line once, after those that were there", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-app-log-"));
  const log = open(dir.path);
  const heard: string[] = [];
  const listener = (lines: readonly LogLine[]): void => {
    heard.push(...lines.map(({ text }) => text));
  };
  const adding = log.add([line(1, "one")]);
  const past = await texts(log, { listener });
  await adding;
  await log.add([line(2, "two")]);
  log.leave(listener);
  await log.add([line(3, "three")]);
  expect([...past, ...heard]).toEqual(["one", "two"]);
});

test("who begins to follow while lines come misses none of them", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-app-log-"));
  const log = open(dir.path);
  const heard: string[] = [];
  const listener = (lines: readonly LogLine[]): void => {
    heard.push(...lines.map(({ text }) => text));
  };
  const reading = new AbortController();
  let added = 0;
  const adding = (async () => {
    while (!reading.signal.aborted) {
      await new Promise(setImmediate);
      await log.add([line(1, String(added++))]);
    }
  })();
  const past = await texts(log, { listener });
  reading.abort();
  await adding;
  log.leave(listener);
  expect([...past, ...heard]).toEqual(Array.from({ length: added }, (_, index) => String(index)));
  await log.close();
});

test("what is kept can be read though the disk takes nothing more", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-app-log-"));
  writeFileSync(join(dir.path, "1.log"), `#cursors []\n${logLineText(line(1, "one"))}`);
  symlinkSync("/no/such/folder/file", join(dir.path, "current.log"));
  const log = open(dir.path);
  await log.add([line(2, "two")]);
  expect(await texts(log)).toEqual(["one"]);
});

test("what cannot be written is told of when it can be again; an app that goes takes its lines along", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-app-log-"));
  const folder = join(dir.path, "shop");
  const log = open(folder);
  expect(await texts(log)).toEqual([]);
  mkdirSync(join(folder, "current.log"));
  await log.add([line(1, "one"), line(2, "two")]);
  await expect(log.close()).rejects.toThrow("EISDIR");
  rmdirSync(join(folder, "current.log"));
  await log.add([line(3, "three")]);
  expect((await texts(log)).toSorted()).toEqual([
    "2 lines could not be kept: the disk took nothing",
    "three",
  ]);
  await log.remove();
  expect(readdirSync(dir.path)).toEqual([]);
});

test("a log that cannot be opened is opened when it can be, and goes on where it was", async () => {
  using dir = mkdtempDisposableSync(join(tmpdir(), "nagi-app-log-"));
  const folder = join(dir.path, "shop");
  writeFileSync(folder, "");
  const log = open(folder);
  // More than may wait: it is written at once.
  await log.add([line(1, "x".repeat(2 ** 20)), line(2, "two")]);
  await expect(log.cursorOf("web.aaaaa")).rejects.toThrow("EEXIST");
  unlinkSync(folder);
  mkdirSync(folder);
  writeFileSync(join(folder, "current.log"), logLineText(line(0, "before")));
  expect(await log.cursorOf("web.aaaaa")).toEqual({ time: line(0, "").time, count: 1 });
  await log.add([line(3, "three")]);
  expect((await texts(log)).toSorted()).toEqual([
    "2 lines could not be kept: the disk took nothing",
    "before",
    "three",
  ]);
});

test("a long line is cut, and its parts are known again", () => {
  const time = "2026-11-26T10:00:01.000Z";
  const long = `${time} ${"x".repeat(40_000)}`;
  const parts = linesFrom(long, "web.a", new Resumed(undefined));
  expect(parts.map(({ text }) => text.length)).toEqual([16_384, 16_384, 7232]);
  expect(linesFrom(long, "web.a", new Resumed({ time, count: 2 }))).toHaveLength(1);
});
