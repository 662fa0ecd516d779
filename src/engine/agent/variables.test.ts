import { expect, test } from "vitest";
import { expandVariables } from "./variables.ts";

const values: Readonly<Record<string, string>> = { A: "one", B: "$(A)", "a.b-c": "dotted" };

test.each([
  ["plain", "plain"],
  ["$(A)", "one"],
  ["x$(A)y$(A)", "xoneyone"],
  ["$(B)", "$(A)"],
  ["$(a.b-c)", "dotted"],
  ["$(NONE)", "$(NONE)"],
  ["$$(A)", "$(A)"],
  ["$$$(A)", "$one"],
  ["$$$$", "$$"],
  ["$A ${A} $", "$A ${A} $"],
  ["$(A", "$(A"],
  ["$()", "$()"],
])("%s becomes %s", (text, expected) => {
  expect(expandVariables(text, (name) => values[name])).toBe(expected);
});
