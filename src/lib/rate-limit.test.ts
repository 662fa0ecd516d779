import { expect, it } from "vitest";
import { FakeClock } from "./clock.ts";
import { RateLimit } from "./rate-limit.ts";

it("allows a burst, and then as many as the time brings, for each key", () => {
  const clock = new FakeClock();
  const limit = new RateLimit({ burst: 3, perSecond: 2, clock });
  const take = (count: number, key = "a"): boolean[] => Array.from({ length: count }, () => limit.take(key));
  expect(take(4)).toEqual([true, true, true, false]);
  expect(take(1, "b")).toEqual([true]);
  clock.advance(500);
  expect(take(2)).toEqual([true, false]);
  clock.advance(60_000);
  expect(take(4)).toEqual([true, true, true, false]);
});
