import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { FakeClock } from "../../lib/clock.ts";
import { createLogger } from "../../lib/log.ts";
import { StatusError } from "../../model/status.ts";
import { LatestWriter } from "./latest-writer.ts";

function setUp(extras: { maxPending?: number; workers?: number } = {}) {
  const clock = new FakeClock();
  const started: string[] = [];
  const lines: string[] = [];
  const open: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const state = { busy: false };
  const writer = new LatestWriter<string>({
    what: "thing",
    write: (key, value) => {
      started.push(`${key}=${value}`);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      open.push({ resolve, reject });
      return promise;
    },
    workers: extras.workers ?? 2,
    maxPending: extras.maxPending ?? 10,
    isBusy: () => state.busy,
    clock,
    log: createLogger({ level: "warn", write: (line) => lines.push(line) }),
  });
  const finish = async (error?: Error): Promise<void> => {
    const write = open.shift();
    if (error === undefined) write?.resolve();
    else write?.reject(error);
    await setImmediate();
  };
  return { clock, writer, started, lines, state, finish };
}

const urgent = { urgent: true, spaced: true };

test("only the newest value of a key is written, one at a time and spaced", async () => {
  const { clock, writer, started, finish } = setUp();
  for (const value of ["1", "2", "3"]) writer.put("a", value, urgent);
  expect(started).toEqual(["a=1"]);
  await finish();
  expect(started).toEqual(["a=1"]);
  clock.advance(1000);
  expect(started).toEqual(["a=1", "a=3"]);
  await finish();
  writer.put("a", "4", urgent);
  clock.advance(1000);
  expect(started).toHaveLength(2);
  clock.advance(1000);
  expect(started.at(-1)).toBe("a=4");
});

test("a value that is not spaced is written as soon as the one before is", async () => {
  const { writer, started, finish } = setUp();
  writer.put("a", "1", urgent);
  writer.put("a", "2", { urgent: true, spaced: false });
  await finish();
  expect(started).toEqual(["a=1", "a=2"]);
});

test("no more keys are written at a time than there are workers", async () => {
  const { writer, started, finish } = setUp();
  for (const key of ["a", "b", "c"]) writer.put(key, "1", urgent);
  expect(started).toEqual(["a=1", "b=1"]);
  await finish();
  expect(started).toEqual(["a=1", "b=1", "c=1"]);
});

test("what is not urgent is written one by one while there is something better to do", async () => {
  const { writer, started, state, finish } = setUp({ workers: 3 });
  const low = { urgent: false, spaced: false };
  state.busy = true;
  writer.put("high", "1", urgent);
  for (const key of ["a", "b", "c", "d"]) writer.put(key, "1", low);
  expect(started).toEqual(["high=1"]);
  await finish();
  expect(started).toEqual(["high=1", "a=1"]);
  await finish();
  expect(started).toEqual(["high=1", "a=1", "b=1"]);
  state.busy = false;
  writer.pump();
  expect(started).toEqual(["high=1", "a=1", "b=1", "c=1", "d=1"]);
});

test("a failed write is tried again, not for ever, and not when something newer or nothing is wanted", async () => {
  const { clock, writer, started, lines, finish } = setUp();
  const failure = new StatusError("ServiceUnavailable", "not now");
  writer.put("a", "1", urgent);
  for (let tries = 0; tries < 10; tries++) {
    await finish(failure);
    clock.advance(20_000);
  }
  expect(started).toHaveLength(5);
  expect(lines.join("")).toContain("giving up");
  writer.put("b", "1", urgent);
  writer.put("b", "2", urgent);
  await finish(failure);
  clock.advance(20_000);
  expect(started.slice(5)).toEqual(["b=1", "b=2"]);
  writer.forget("b");
  await finish(failure);
  clock.advance(20_000);
  expect(started).toHaveLength(7);
});

test("of a key that is gone nothing is written any more, and NotFound says so", async () => {
  const { clock, writer, started, lines, finish } = setUp();
  writer.put("a", "1", urgent);
  await finish(new StatusError("NotFound", "gone"));
  clock.advance(20_000);
  expect([started, lines]).toEqual([["a=1"], []]);
});

test("more than may wait is dropped, with a line in the log", () => {
  const { writer, started, lines } = setUp({ workers: 1, maxPending: 2 });
  for (const key of ["a", "b", "c", "d"]) writer.put(key, "1", urgent);
  expect(started).toEqual(["a=1"]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"key":"d"');
});

test("closing waits for what is being written and drops the rest", async () => {
  const { writer, started, finish } = setUp({ workers: 1 });
  writer.put("a", "1", urgent);
  writer.put("b", "1", urgent);
  const closed = writer.close();
  await finish();
  await closed;
  writer.put("c", "1", urgent);
  expect(started).toEqual(["a=1"]);
});
