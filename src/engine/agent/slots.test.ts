import { expect, test } from "vitest";
import { systemClock } from "../../lib/clock.ts";
import { Slots } from "./slots.ts";

test("so many at a time, in order; a failure gives its place away too", async () => {
  const slots = new Slots(2);
  const told: string[] = [];
  const gates = new Map(["a", "b", "c"].map((name) => [name, Promise.withResolvers<void>()]));
  const used = [...gates].map(([name, gate]) =>
    slots.use(async () => {
      told.push(name);
      await gate.promise;
    }),
  );
  await expect.poll(() => told).toEqual(["a", "b"]);
  gates.get("b")?.reject(new Error("it fails"));
  await expect(used[1]).rejects.toThrow("it fails");
  await expect.poll(() => told).toEqual(["a", "b", "c"]);
  gates.get("a")?.resolve();
  gates.get("c")?.resolve();
  await Promise.all([used[0], used[2]]);
});

test("what takes too long lets another begin beside it, once", async () => {
  const slots = new Slots(1, { clock: systemClock, overtimeMs: 20 });
  const gate = Promise.withResolvers<void>();
  const long = slots.use(() => gate.promise);
  await slots.use(async () => undefined);
  gate.resolve();
  await long;
  let running = 0;
  let most = 0;
  const short = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  };
  await Promise.all([slots.use(short), slots.use(short), slots.use(short)]);
  expect(most).toBe(1);
});
