import { setTimeout as wait } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { systemClock } from "./clock.ts";

test("waits longer than Node's timers can", async () => {
  const warned = vi.spyOn(process, "emitWarning");
  const task = vi.fn();
  const timer = systemClock.after(2 ** 31, task);
  await wait(50);
  timer.cancel();
  expect(task).not.toHaveBeenCalled();
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
});

test("runs what was waited for in pieces, once", () => {
  vi.useFakeTimers();
  const task = vi.fn();
  systemClock.after(2 ** 32, task);
  vi.advanceTimersByTime(2 ** 32 - 1);
  expect(task).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2 ** 32);
  expect(task).toHaveBeenCalledTimes(1);
  vi.useRealTimers();
});
