import { expect, test } from "vitest";
import { FakeClock } from "../../../lib/clock.ts";
import { OpenChallenges } from "./open-challenges.ts";

const never = new AbortController().signal;
const opened = () => {
  const clock = new FakeClock();
  return { clock, challenges: new OpenChallenges(clock, () => undefined) };
};

test("an answer is waited for until the router has it", async () => {
  const { challenges } = opened();
  const adding = challenges.add("x.test", "/a", "yes", never);
  const { answers, applied } = challenges.current();
  expect([...answers]).toEqual([["x.test/a", "yes"]]);
  applied();
  await adding;
});

test("a router that does not take it is not waited for for ever", async () => {
  const { clock, challenges } = opened();
  const adding = challenges.add("x.test", "/a", "yes", never);
  clock.advance(60_000);
  await expect(adding).rejects.toThrow("the router has not taken the answer for x.test within 60 seconds");
});

test("a stop ends the wait, also one that came before", async () => {
  const { challenges } = opened();
  const stop = new AbortController();
  const adding = challenges.add("x.test", "/a", "yes", stop.signal);
  stop.abort();
  await expect(adding).rejects.toThrow("aborted");
  await expect(challenges.add("x.test", "/b", "yes", stop.signal)).rejects.toThrow("aborted");
});
