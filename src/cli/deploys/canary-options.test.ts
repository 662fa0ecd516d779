import { expect, test } from "vitest";
import { parseSteps } from "./canary-options.ts";

test("steps are percentages that grow", () => {
  expect(parseSteps("5,25,50")).toEqual([5, 25, 50]);
  expect(parseSteps("5%, 99%")).toEqual([5, 99]);
});

test.each(["", "0", "100", "50,25", "5,5", "a", "5,,6", "1.5"])("%s are none", (text) => {
  expect(() => parseSteps(text)).toThrow("must be 1 to 20 whole percentages from 1 to 99 that grow");
});
