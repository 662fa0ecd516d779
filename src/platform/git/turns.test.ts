import { expect, it } from "vitest";
import { Turns } from "./turns.ts";

const never = new AbortController().signal;

it("gives a turn to one after the other, and keys do not wait for each other", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const first = await turns.take("a", never);
  const second = turns.take("a", never).then((giveBack) => {
    order.push("second");
    return giveBack;
  });
  const other = await turns.take("b", never);
  expect(turns.isTaken("a")).toBe(true);
  order.push("first");
  first();
  (await second)();
  other();
  expect(order).toEqual(["first", "second"]);
  expect([turns.isTaken("a"), turns.isTaken("b")]).toEqual([false, false]);
});

it("lets the next one in when one that waits gives up", async () => {
  const turns = new Turns();
  const first = await turns.take("a", never);
  const aborter = new AbortController();
  const second = turns.take("a", aborter.signal);
  const third = turns.take("a", never);
  aborter.abort(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  first();
  (await third)();
  expect(turns.isTaken("a")).toBe(false);
});
