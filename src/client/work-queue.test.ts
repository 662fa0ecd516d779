import { describe, expect, test } from "vitest";
import { FakeClock } from "../lib/clock.ts";
import { WorkQueue } from "./work-queue.ts";

const never = new AbortController().signal;

function setUp() {
  const clock = new FakeClock();
  return { clock, queue: new WorkQueue({ clock, backoff: { baseMs: 10, capMs: 35 } }) };
}

describe("a key", () => {
  test("waits once however often it is added, in order of arrival", async () => {
    const { queue } = setUp();
    for (const key of ["a", "b", "a"]) queue.add(key);
    expect([await queue.take(never), await queue.take(never), queue.size]).toEqual(["a", "b", 0]);
  });

  test("is never given to two workers, and comes again when added while worked on", async () => {
    const { queue } = setUp();
    queue.add("a");
    await queue.take(never);
    queue.add("a");
    queue.add("a");
    const next = queue.take(never);
    queue.add("b");
    expect(await next).toBe("b");
    queue.done("a");
    expect(await queue.take(never)).toBe("a");
    queue.done("a");
    expect(queue.size).toBe(0);
  });

  test("goes straight to a worker that waits", async () => {
    const { queue } = setUp();
    const first = queue.take(never);
    const second = queue.take(never);
    queue.add("a");
    queue.add("a");
    queue.add("b");
    expect([await first, await second]).toEqual(["a", "b"]);
    queue.done("a");
    expect(await queue.take(never)).toBe("a");
  });
});

describe("delays", () => {
  test("end at the earliest of several", () => {
    const { queue, clock } = setUp();
    queue.addAfter("a", 100);
    queue.addAfter("a", 50);
    queue.addAfter("a", 70);
    clock.advance(49);
    expect(queue.size).toBe(0);
    clock.advance(1);
    expect(queue.size).toBe(1);
    queue.close();
  });

  test("grow with failures up to the cap until forgotten", () => {
    const { queue, clock } = setUp();
    const waits = (): number => {
      queue.addRateLimited("a");
      for (let ms = 1; ; ms += 1) {
        clock.advance(1);
        if (queue.size === 0) continue;
        void queue.take(never);
        queue.done("a");
        return ms;
      }
    };
    expect([waits(), waits(), waits(), waits()]).toEqual([10, 20, 35, 35]);
    queue.forget("a");
    expect([waits(), queue.failures("a")]).toEqual([10, 1]);
  });
});

test("an abort ends waiting without losing a key", async () => {
  const { queue } = setUp();
  const abort = new AbortController();
  const taken = queue.take(abort.signal);
  abort.abort();
  expect(await taken).toBeUndefined();
  queue.add("a");
  expect(await queue.take(abort.signal)).toBeUndefined();
  expect(await queue.take(never)).toBe("a");
});
