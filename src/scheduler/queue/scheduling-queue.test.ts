import { describe, expect, test } from "vitest";
import { seededRandom } from "../../lib/random.ts";
import type { ClusterEvent } from "../framework/events.ts";
import { readPod, type PodInfo } from "../snapshot/pod-info.ts";
import { testPod } from "../testing/objects.ts";
import { Heap } from "./heap.ts";
import { SchedulingQueue, type QueuedPod } from "./scheduling-queue.ts";

const info = (name: string, priority = 0): PodInfo =>
  readPod({ ...testPod(name, {}, { priority }), metadata: { name, namespace: "default", uid: name } });
const event: ClusterEvent = { type: "NodeAdded", row: 0 };
const noOne: ReadonlySet<number> = new Set();

function takeAll(queue: SchedulingQueue): string[] {
  const names: string[] = [];
  for (let entry = queue.take(); entry !== undefined; entry = queue.take()) names.push(entry.info.name);
  return names;
}

function taken(queue: SchedulingQueue): QueuedPod {
  const entry = queue.take();
  if (entry === undefined) throw new Error("nothing to take");
  return entry;
}

describe("the order", () => {
  test("is priority, then age, also for those that come back", () => {
    const queue = new SchedulingQueue(() => true);
    for (const [name, priority] of Object.entries({ a: 0, b: 5, c: 0, d: 9, e: 5 })) {
      queue.set(info(name, priority), "key");
    }
    const first = taken(queue);
    expect(first.info.name).toBe("d");
    queue.wait(first, noOne);
    queue.happened(event);
    expect(takeAll(queue)).toEqual(["d", "b", "e", "a", "c"]);
  });

  test("follows a change of priority", () => {
    const queue = new SchedulingQueue(() => true);
    queue.set(info("a"), "key");
    queue.set(info("b"), "key");
    queue.set(info("b", 7), "key");
    expect(takeAll(queue)).toEqual(["b", "a"]);
  });
});

describe("a pod that waits", () => {
  const waiting = (couldHelp: boolean) => {
    const asked: string[] = [];
    const queue = new SchedulingQueue((_event, pod) => {
      asked.push(pod.name);
      return couldHelp;
    });
    for (const [name, key] of [
      ["a", "one"],
      ["b", "one"],
      ["c", "two"],
    ] as const)
      queue.set(info(name), key);
    for (let index = 0; index < 3; index++) queue.wait(taken(queue), new Set([index]));
    return { queue, asked };
  };

  test("is not asked for one by one: of pods that are alike the first is tried for all", () => {
    const { queue, asked } = waiting(true);
    expect(queue.happened(event)).toBe(2);
    // Those that are to be tried will see this one too.
    expect(queue.happened(event)).toBe(0);
    expect(asked).toEqual(["a", "c"]);
    const [a, c] = [taken(queue), taken(queue)];
    expect([a.info.name, c.info.name]).toEqual(["a", "c"]);
    queue.wait(a, noOne);
    expect(queue.activeCount).toBe(0);
  });

  test.each([
    { name: "was placed", end: (queue: SchedulingQueue, entry: QueuedPod) => queue.placed(entry) },
    { name: "was deleted", end: (queue: SchedulingQueue, entry: QueuedPod) => queue.remove(entry.info.uid) },
    { name: "failed to bind", end: (queue: SchedulingQueue, entry: QueuedPod) => queue.retry(entry, 0) },
  ])("is tried when the one before it that is alike $name", ({ end }) => {
    const { queue } = waiting(true);
    queue.happened(event);
    const first = taken(queue);
    taken(queue);
    expect(queue.activeCount).toBe(0);
    end(queue, first);
    expect(taken(queue).info.name).toBe("b");
  });

  test("is tried when the one before it was deleted or changed before it was its turn", () => {
    const { queue } = waiting(true);
    queue.happened(event);
    queue.remove("a");
    queue.remove("c");
    expect(takeAll(queue)).toEqual(["b"]);
    const other = waiting(true).queue;
    other.happened(event);
    other.set(info("a"), "another");
    expect(takeAll(other)).toEqual(["a", "b", "c"]);
  });

  test("for which room is made on a node looks again when that node changes, and at no other time", () => {
    const asked: string[] = [];
    const queue = new SchedulingQueue((_event, pod) => {
      asked.push(pod.name);
      return false;
    });
    for (const name of ["a", "b", "c"]) queue.set(info(name), "key");
    for (const row of [3, 0, 0]) queue.wait(taken(queue), noOne, row);
    expect(queue.happened(event)).toBe(2);
    expect(asked).toEqual([]);
    expect(takeAll(queue)).toEqual(["b", "c"]);
    queue.wake("a");
    queue.wake("a");
    expect(takeAll(queue)).toEqual(["a"]);
  });

  test("is tried when room was found for one that is like it", () => {
    const { queue } = waiting(true);
    queue.happened(event);
    const [a, c] = [taken(queue), taken(queue)];
    queue.wait(c, noOne);
    queue.wait(a, noOne, 7);
    expect(taken(queue).info.name).toBe("b");
    expect(queue.activeCount).toBe(0);
  });

  test("stays when the event does not help, however much time passes", () => {
    const { queue } = waiting(false);
    expect(queue.happened(event)).toBe(0);
    expect(queue.release(Number.MAX_SAFE_INTEGER)).toBeUndefined();
    expect([queue.activeCount, queue.size]).toEqual([0, 3]);
  });

  test("is tried again when what decides about it changes, not when something else does", () => {
    const { queue } = waiting(false);
    queue.set(info("a"), "one");
    expect(queue.activeCount).toBe(0);
    queue.set(info("a"), "another");
    expect(takeAll(queue)).toEqual(["a"]);
  });

  test("is forgotten when it is gone", () => {
    const { queue } = waiting(true);
    queue.remove("a");
    queue.remove("c");
    expect(queue.happened(event)).toBe(1);
    expect(takeAll(queue)).toEqual(["b"]);
    expect(queue.size).toBe(1);
  });
});

describe("a pod that failed", () => {
  test("waits as long as is configured", () => {
    const queue = new SchedulingQueue(() => true, { baseMs: 1000, capMs: 3000 });
    queue.set(info("a"), "key");
    queue.retry(taken(queue), 0);
    expect(queue.release(0)).toBe(1000);
  });

  test("comes back after a time that grows, and no event shortens it", () => {
    const queue = new SchedulingQueue(() => true);
    queue.set(info("a"), "key");
    const waits: number[] = [];
    let nowMs = 0;
    for (let failures = 0; failures < 9; failures++) {
      queue.retry(taken(queue), nowMs);
      queue.happened(event);
      expect(queue.activeCount).toBe(0);
      const dueMs = queue.release(nowMs) ?? Number.NaN;
      waits.push(dueMs - nowMs);
      nowMs = dueMs;
      queue.release(nowMs);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  });

  test("does not come back when it was removed or replaced meanwhile", () => {
    const queue = new SchedulingQueue(() => true);
    queue.set(info("a"), "key");
    const entry = taken(queue);
    queue.remove("a");
    queue.retry(entry, 0);
    queue.wait(entry, noOne);
    queue.set(info("a"), "key");
    expect(takeAll(queue)).toEqual(["a"]);
    expect(queue.release(1e9)).toBeUndefined();
    expect(queue.activeCount).toBe(0);
  });
});

test("a heap gives back in order whatever was put in, in between too", () => {
  const random = seededRandom(11);
  const heap = new Heap<number>((a, b) => a < b);
  let present: number[] = [];
  for (let step = 0; step < 5000; step++) {
    if (random.next() < 0.6) {
      const value = random.below(500);
      heap.push(value);
      present.push(value);
    } else {
      present = present.toSorted((a, b) => a - b);
      expect(heap.pop()).toBe(present.shift());
    }
  }
});
