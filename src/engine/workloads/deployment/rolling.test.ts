import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  newSetReplicas,
  oldSetReplicas,
  proportionalReplicas,
  resolveLimits,
  type SetSize,
} from "./rolling.ts";

describe("limits", () => {
  test.each([
    // replicas, maxSurge, maxUnavailable: surge, unavailable
    [10, "25%", "25%", 3, 2],
    [10, 1, 0, 1, 0],
    [4, "25%", "25%", 1, 1],
    [3, "25%", "25%", 1, 0],
    [1, "25%", "25%", 1, 0],
    [1, 0, 0, 0, 1],
    [10, "0%", "0%", 0, 1],
    [10, "100%", "100%", 10, 10],
    [2, 5, 5, 5, 2],
    [0, "25%", "25%", 0, 0],
    [7, "33%", "50%", 3, 3],
    [100, "1%", "1%", 1, 1],
  ])("of %i with surge %s and unavailable %s", (...row) => {
    const [replicas, surge, unavailable, maxSurge, maxUnavailable] = row;
    expect(resolveLimits(replicas, surge, unavailable)).toEqual({ replicas, maxSurge, maxUnavailable });
  });
});

describe("size of the new set", () => {
  test.each([
    // replicas, surge, new, all: new
    [10, 3, 0, 10, 3],
    [10, 3, 3, 13, 3],
    [10, 3, 3, 11, 5],
    [10, 0, 0, 10, 0],
    [10, 0, 0, 8, 2],
    [10, 3, 9, 9, 10],
    [10, 3, 12, 12, 10],
    [10, 3, 5, 20, 5],
    [0, 1, 4, 4, 0],
  ])("of %i with surge %i, having %i of %i", (...row) => {
    const [replicas, maxSurge, current, all, wanted] = row;
    expect(newSetReplicas({ replicas, maxSurge, maxUnavailable: 0 }, current, all)).toBe(wanted);
  });
});

const set = (name: string, replicas: number, available: number, createdAt = name): SetSize => ({
  name,
  replicas,
  available,
  createdAt,
});
const sizes = (map: ReadonlyMap<string, number>): Record<string, number> => Object.fromEntries(map);

describe("sizes of old sets", () => {
  test.each([
    // replicas, unavailable, new [size, available], old: sizes that change
    { limits: [10, 2], fresh: [3, 0], old: [set("a", 10, 10)], wanted: { a: 8 } },
    { limits: [10, 2], fresh: [3, 3], old: [set("a", 10, 10)], wanted: { a: 5 } },
    { limits: [10, 0], fresh: [1, 0], old: [set("a", 10, 10)], wanted: {} },
    { limits: [10, 0], fresh: [1, 1], old: [set("a", 10, 10)], wanted: { a: 9 } },
    { limits: [10, 0], fresh: [10, 10], old: [set("a", 3, 3)], wanted: { a: 0 } },
    { limits: [4, 1], fresh: [2, 0], old: [set("a", 3, 3)], wanted: {} },
    // pods that serve nobody go first, wherever they are
    { limits: [3, 0], fresh: [0, 0], old: [set("a", 3, 3), set("b", 1, 0)], wanted: { b: 0 } },
    { limits: [3, 1], fresh: [1, 0], old: [set("a", 3, 1)], wanted: { a: 2 } },
    // the oldest first
    { limits: [6, 2], fresh: [0, 0], old: [set("b", 3, 3), set("a", 3, 3)], wanted: { a: 1 } },
    // a status that lags behind a set that was just made smaller does not count twice
    { limits: [10, 2], fresh: [5, 5], old: [set("a", 3, 8)], wanted: {} },
  ])("$limits with new $fresh: $wanted", ({ limits, fresh, old, wanted }) => {
    const [replicas = 0, maxUnavailable = 0] = limits;
    const [size = 0, available = 0] = fresh;
    const changed = oldSetReplicas(
      { replicas, maxSurge: 1, maxUnavailable },
      set("new", size, available, "z"),
      old,
    );
    expect(sizes(changed)).toEqual(wanted);
  });
});

describe("what served last, while nothing newer serves", () => {
  const tried = (name: string, revision: number, available: number): SetSize => ({
    ...set(name, 1, available),
    revision,
  });
  const limits = { replicas: 1, maxSurge: 1, maxUnavailable: 0 };

  test("outlives a try that is stuck, though its own pod is unready for a moment and a third version comes", () => {
    const old = [tried("a-good", 1, 0), tried("b-stuck", 2, 0)];
    expect(sizes(oldSetReplicas(limits, set("new", 0, 0), old))).toEqual({ "b-stuck": 0 });
  });

  test("outlives it also where its set is the younger one, as after a rollback to an old template", () => {
    const old = [tried("b-good", 3, 0), tried("a-stuck", 4, 0)];
    expect(sizes(oldSetReplicas(limits, set("new", 0, 0), old))).toEqual({ "a-stuck": 0 });
  });

  test("is never made so small that fewer pods are available than there must be", () => {
    const anySet = fc.record({ replicas: fc.nat(8), ready: fc.nat(8), revision: fc.nat(5) });
    const property = fc.property(
      fc.record({ replicas: fc.integer({ min: 1, max: 8 }), maxSurge: fc.nat(4), unavailable: fc.nat(4) }),
      anySet,
      fc.array(anySet, { minLength: 1, maxLength: 4 }),
      ({ replicas, maxSurge, unavailable }, fresh, given) => {
        const some = resolveLimits(replicas, maxSurge, unavailable);
        const old = given.map((each, index) => ({
          ...set(`s${index}`, each.replicas, Math.min(each.ready, each.replicas)),
          revision: each.revision,
        }));
        const newSet = set("new", fresh.replicas, Math.min(fresh.ready, fresh.replicas));
        const after = oldSetReplicas(some, newSet, old);
        const all = [newSet, ...old];
        const before = all.reduce((total, { available }) => total + available, 0);
        const left = all.reduce(
          (total, { name, available, replicas: size }) =>
            // A set that is made smaller gives away its unready pods first.
            total + Math.min(available, after.get(name) ?? size),
          0,
        );
        expect(left).toBeGreaterThanOrEqual(Math.min(before, some.replicas - some.maxUnavailable));
      },
    );
    fc.assert(property, { numRuns: 2000 });
  });
});

describe("sizes after a scale in the middle of a rollout", () => {
  const sized = (name: string, replicas: number, maxReplicas: number): SetSize => ({
    ...set(name, replicas, replicas),
    maxReplicas,
  });
  test.each([
    // grows to 20 + 5 from 10 + 3
    { replicas: 20, surge: 5, sets: [sized("a", 8, 13), sized("b", 5, 13)], wanted: { a: 15, b: 10 } },
    { replicas: 5, surge: 2, sets: [sized("a", 8, 13), sized("b", 5, 13)], wanted: { a: 4, b: 3 } },
    { replicas: 0, surge: 0, sets: [sized("a", 8, 13), sized("b", 5, 13)], wanted: { a: 0, b: 0 } },
    { replicas: 11, surge: 3, sets: [sized("a", 10, 13), sized("b", 3, 13)], wanted: { a: 11, b: 3 } },
  ])("to $replicas", ({ replicas, surge, sets, wanted }) => {
    const limits = { replicas, maxSurge: surge, maxUnavailable: 0 };
    expect(sizes(proportionalReplicas(limits, sets))).toEqual(wanted);
  });

  test("never pass the whole that is allowed, and never go below zero", () => {
    const anySets = fc.array(
      fc.record({ replicas: fc.nat(30), maxReplicas: fc.integer({ min: 1, max: 60 }) }),
      {
        minLength: 2,
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(fc.nat(40), fc.nat(10), anySets, (replicas, maxSurge, given) => {
        const sets = given.map((each, index) => ({ ...set(`s${index}`, each.replicas, 0), ...each }));
        const next = [...proportionalReplicas({ replicas, maxSurge, maxUnavailable: 0 }, sets).values()];
        const total = next.reduce((a, b) => a + b, 0);
        expect(next.every((size) => size >= 0)).toBe(true);
        if (sets.some((each) => each.replicas > 0)) {
          expect(total).toBe(replicas > 0 ? replicas + maxSurge : 0);
        }
      }),
    );
  });
});
