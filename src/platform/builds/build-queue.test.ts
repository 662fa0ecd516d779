import { describe, expect, it } from "vitest";
import { BuildQueue } from "./build-queue.ts";

const add = (queue: BuildQueue, ...keys: string[]): void => {
  for (const key of keys) queue.add({ key, group: key.split("-")[0] ?? key });
};
const startAll = (queue: BuildQueue): string[] => {
  const started: string[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) started.push(next.key);
  return started;
};

describe("BuildQueue", () => {
  it("runs no more than the limit, apps in turns, builds of one app in order", () => {
    const queue = new BuildQueue(2);
    add(queue, "a-1", "a-2", "a-3", "b-1", "c-1");
    expect(startAll(queue)).toEqual(["a-1", "b-1"]);
    queue.remove("a-1");
    expect(startAll(queue)).toEqual(["c-1"]);
    queue.remove("b-1");
    expect(startAll(queue)).toEqual(["a-2"]);
    queue.remove("c-1");
    expect(startAll(queue)).toEqual([]);
    queue.remove("a-2");
    expect(startAll(queue)).toEqual(["a-3"]);
  });

  it("takes a build once, and forgets one that is removed while it waits", () => {
    const queue = new BuildQueue(1);
    add(queue, "a-1", "a-1", "b-1", "c-1");
    expect(startAll(queue)).toEqual(["a-1"]);
    queue.remove("b-1");
    queue.remove("a-1");
    expect(startAll(queue)).toEqual(["c-1"]);
    queue.remove("c-1");
    expect(startAll(queue)).toEqual([]);
  });

  it("says what a build waits for", () => {
    const queue = new BuildQueue(1);
    add(queue, "a-1", "a-2", "b-1");
    startAll(queue);
    expect(queue.reasonToWait("a-1")).toBeUndefined();
    expect(queue.reasonToWait("a-2")).toBe("build a-1 of the same app");
    expect(queue.reasonToWait("b-1")).toBe("1 other build");
  });
});
