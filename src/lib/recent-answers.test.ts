import { expect, test } from "vitest";
import { RecentAnswers } from "./recent-answers.ts";

function recent() {
  let nowMs = 0;
  let asked = 0;
  const answers = new RecentAnswers<number>({ freshMs: 100, max: 2, now: () => nowMs });
  return {
    answers,
    pass: (ms: number) => (nowMs += ms),
    ask: (key: string) => answers.get(key, async () => (asked += 1)),
  };
}

test("an answer is given again while it is fresh, and asked for once by all", async () => {
  const { ask, pass } = recent();
  expect(await Promise.all([ask("a"), ask("a")])).toEqual([1, 1]);
  pass(99);
  expect(await ask("a")).toBe(1);
  pass(1);
  expect(await ask("a")).toBe(2);
});

test("one that is forgotten, or the oldest of too many, is asked for again", async () => {
  const { answers, ask } = recent();
  await ask("a");
  answers.forget("a");
  expect(await ask("a")).toBe(2);
  await ask("b");
  await ask("c");
  expect(await ask("a")).toBe(5);
});

test("a refusal is not kept", async () => {
  const { answers, ask } = recent();
  await expect(answers.get("a", async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await ask("a")).toBe(1);
});
