import { expect, it } from "vitest";
import { parseCommit } from "./commit-text.ts";

it("reads author and subject", () => {
  const head = "tree 1\nparent 2\nauthor Ann B <ann@test> 1700000000 +0100\ncommitter Bob <bob@test> 1 +0000";
  expect(parseCommit(`${head}\n\nFix the\n title \n\nauthor <no@one>\n`)).toEqual({
    author: { name: "Ann B", email: "ann@test" },
    subject: "Fix the title",
  });
  expect(parseCommit("tree 1\nauthor  <> 1 +0000\n\n")).toEqual({
    author: { name: "", email: "" },
    subject: "",
  });
});
