import { expect, test } from "vitest";
import { FakeClock } from "../../lib/clock.ts";
import { Rush } from "./rush.ts";

function note(rush: Rush, times: number): void {
  for (let time = 0; time < times; time++) rush.note();
}

test("more than so many in a second are a rush until a second passes with fewer", () => {
  const clock = new FakeClock();
  const rush = new Rush(clock, 3);
  note(rush, 3);
  expect(rush.isOn).toBe(false);
  note(rush, 1);
  expect(rush.isOn).toBe(true);
  clock.advance(1000);
  expect(rush.isOn).toBe(true);
  note(rush, 2);
  clock.advance(1000);
  expect(rush.isOn).toBe(false);
});

test("a rush is forgotten when nothing comes", () => {
  const clock = new FakeClock();
  const rush = new Rush(clock, 3);
  note(rush, 100);
  clock.advance(5000);
  expect(rush.isOn).toBe(false);
});
