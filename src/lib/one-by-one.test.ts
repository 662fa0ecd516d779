import { expect, test } from "vitest";
import { oneByOne } from "./one-by-one.ts";

test("a step that fails keeps no other from being done, and is told", async () => {
  const done: string[] = [];
  const step = (name: string) => async () => void done.push(name);
  const fail = (name: string) => () => Promise.reject(new Error(name));
  await oneByOne([step("a"), step("b")]);
  await expect(oneByOne([fail("no house"), step("c")])).rejects.toThrow(/^no house$/);
  await expect(oneByOne([fail("no house"), step("d"), fail("no images")])).rejects.toThrow(
    "no house; no images",
  );
  expect(done).toEqual(["a", "b", "c", "d"]);
});
