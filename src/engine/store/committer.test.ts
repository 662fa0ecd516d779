import { expect, test } from "vitest";
import { Committer } from "./committer.ts";

const nothing = { rows: [], removals: [], compacted: undefined };
const commit = (committer: Committer): Promise<string | undefined> =>
  new Promise((resolve) => committer.commit(nothing, resolve));

test("what the thread cannot do is told in words, as often as it is asked", async () => {
  const committer = new Committer({ path: "/nonexistent/store.db", maxPages: 0 });
  expect([await commit(committer), await commit(committer)]).toEqual([
    "cannot open the file",
    "cannot open the file",
  ]);
  await committer.close();
  expect(await commit(committer)).toBe("the writer thread has ended");
});
