import { expect, it } from "vitest";
import { explainRecipeFailure, RecipeFailure } from "./recipe-failure.ts";

function explain(message: string, output: readonly string[] = []): { text: string; ofRecipe: boolean } {
  const failure = explainRecipeFailure({ error: new Error(message), output, suite: "bookworm" });
  return { text: failure.message, ofRecipe: failure instanceof RecipeFailure };
}

it.each([
  [
    "cannot run mmdebstrap: it ended with 25: E: Unable to locate package nosuch | E: Unable to locate package other",
    [],
    "Debian bookworm has no package nosuch, other: look up its name, and change the recipe",
    true,
  ],
  [
    'building at STEP "RUN --mount=type=secret,id=a echo \\"x\\"; exit 3": while running runtime: exit status 3',
    ["one", "two"],
    '`RUN echo "x"; exit 3` ended with exit status 3; its last words: one | two',
    true,
  ],
  [
    'building at STEP "RUN apt-get update": while running runtime: exit status 100',
    ["E: Failed to fetch http://deb.test/x  Temporary failure resolving 'deb.test'"],
    "Temporary failure resolving",
    false,
  ],
  ["no such host", [], "no such host", false],
])("%s", (message, output, text, ofRecipe) => {
  const explained = explain(message, output);
  expect(explained.text).toContain(text);
  expect(explained.ofRecipe).toBe(ofRecipe);
});
