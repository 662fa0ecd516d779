import { expect, test } from "vitest";
import { FakeClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { apiBackoff, stepBackoff } from "./limits.ts";
import { WakeLoop } from "./wake-loop.ts";

function aLoop(round: () => Promise<void>) {
  const clock = new FakeClock();
  const ending = new AbortController();
  const loop = new WakeLoop({ round, clock, log: silentLogger, signal: ending.signal });
  return { clock, loop, ending };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what wakes it during a round makes for one more, however often", async () => {
  let rounds = 0;
  let finish = (): void => undefined;
  const { loop } = aLoop(async () => {
    rounds += 1;
    await new Promise<void>((resolve) => (finish = resolve));
  });
  for (let index = 0; index < 5; index++) loop.wake();
  expect(rounds).toBe(1);
  finish();
  await settled();
  expect(rounds).toBe(2);
  finish();
  await settled();
  expect(rounds).toBe(2);
});

test("of two times the earlier wakes it", async () => {
  let rounds = 0;
  const { loop, clock } = aLoop(() => Promise.resolve(void (rounds += 1)));
  loop.wakeIn(5000);
  loop.wakeIn(1000);
  loop.wakeIn(3000);
  clock.advance(1000);
  await settled();
  expect(rounds).toBe(1);
});

test("a task runs once at a time, and wakes at its end", async () => {
  let rounds = 0;
  let began = 0;
  const { loop } = aLoop(() => Promise.resolve(void (rounds += 1)));
  const task = async (): Promise<void> => {
    began += 1;
    await settled();
  };
  loop.launch("start", task);
  loop.launch("start", task);
  expect(began).toBe(1);
  expect(loop.isIdle).toBe(false);
  await settled();
  await settled();
  expect(loop.isIdle).toBe(true);
  expect(rounds).toBe(1);
  loop.launch("start", task);
  expect(began).toBe(2);
});

test("a task that fails is not tried at once, but ever later; others are", async () => {
  let began = 0;
  const fails = (): Promise<void> => {
    began += 1;
    return Promise.reject(new Error("no engine"));
  };
  // As a plan does that finds the same thing missing in each round.
  const { loop, clock } = aLoop(() => Promise.resolve(loop.launch("stop", fails)));
  loop.wake();
  for (let round = 0; round < 20; round++) await settled();
  expect(began).toBe(1);
  let other = 0;
  loop.launch("start", () => Promise.resolve(void (other += 1)));
  await settled();
  expect(other).toBe(1);
  clock.advance(stepBackoff.baseMs);
  for (let round = 0; round < 20; round++) await settled();
  expect(began).toBe(2);
  clock.advance(stepBackoff.baseMs);
  await settled();
  expect(began).toBe(2);
  clock.advance(stepBackoff.baseMs);
  await settled();
  expect(began).toBe(3);
});

test("a round that fails comes again after a back-off, and none after the end", async () => {
  let rounds = 0;
  const { loop, clock } = aLoop(() => {
    rounds += 1;
    return Promise.reject(new Error("no"));
  });
  loop.wake();
  await settled();
  expect(rounds).toBe(1);
  clock.advance(apiBackoff.capMs);
  await settled();
  expect(rounds).toBe(2);
  loop.end();
  clock.advance(10 * apiBackoff.capMs);
  loop.wake();
  await settled();
  expect(rounds).toBe(2);
});
