import { parseAllDocuments } from "yaml";
import { expect, test } from "vitest";
import { problemText } from "./manifests.ts";

test.each(['{"kind": "Pod",\n', "a: b: c\n", "a: [1, 2\n"])("what is wrong with %j is one line", (text) => {
  const problems = parseAllDocuments(text).flatMap(({ errors }) => errors);
  expect(problems.length).toBeGreaterThan(0);
  const said = problemText(problems[0]!.message);
  expect(said).toMatch(/ at line \d+, column \d+$/);
  expect(said).not.toContain("\n");
});
