import { expect, test } from "vitest";
import { checkTimeZone, parseCron, type CronSchedule } from "./cron-schedule.ts";

function schedule(text: string, timeZone?: string): CronSchedule {
  const result = parseCron(text, timeZone);
  if ("problem" in result) throw new Error(result.problem);
  return result.schedule;
}

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
const next = (text: string, after: string, zone?: string) =>
  iso(schedule(text, zone).next(Date.parse(after)));
const latest = (text: string, at: string, zone?: string) => iso(schedule(text, zone).latest(Date.parse(at)));

test.each([
  ["*/15 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:15:00.000Z"],
  ["@daily", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00.000Z"],
  // the day of the month or the weekday, as cron has it
  ["0 0 1 * 1", "2026-01-02T00:00:00Z", "2026-01-05T00:00:00.000Z"],
  ["0 9 * * mon-fri", "2026-01-02T09:00:00Z", "2026-01-05T09:00:00.000Z"],
  ["0 0 31 2 *", "2026-01-01T00:00:00Z", undefined],
])("%s after %s", (text, after, expected) => expect(next(text, after)).toBe(expected));

test.each([
  ["2026-01-01T02:29:59.500Z", "2025-12-31T02:30:00.000Z"],
  ["2026-01-01T02:30:00Z", "2026-01-01T02:30:00.000Z"],
  ["2026-01-01T02:30:00.500Z", "2026-01-01T02:30:00.000Z"],
])("the last run at %s", (at, expected) => expect(latest("30 2 * * *", at)).toBe(expected));

test("a time zone, with its changes of the clock", () => {
  expect(next("0 9 * * *", "2026-03-28T12:00:00Z", "Europe/Berlin")).toBe("2026-03-29T07:00:00.000Z");
  expect(next("0 9 * * *", "2026-03-27T12:00:00Z", "Europe/Berlin")).toBe("2026-03-28T08:00:00.000Z");
  // an hour that there is twice brings one run
  const first = schedule("30 2 * * *", "Europe/Berlin").next(Date.parse("2026-10-24T12:00:00Z")) ?? 0;
  expect(iso(schedule("30 2 * * *", "Europe/Berlin").next(first))).toBe("2026-10-26T01:30:00.000Z");
});

test.each([
  ["* * * *", /must have five fields/],
  ["*/5 * * * * *", /must have five fields/],
  ["@every 1h", /must have five fields/],
  ["", /must have five fields/],
  ["61 * * * *", /invalid value for minute: 61/],
  ["TZ=UTC * * * * *", /a time zone has a field of its own/],
])("what is wrong with %j", (text, problem) => {
  const result = parseCron(text);
  expect("problem" in result ? result.problem : "").toMatch(problem);
});

test("time zones are known by their names", () => {
  expect(["Europe/Berlin", "UTC", "Etc/UTC"].map(checkTimeZone)).toEqual([undefined, undefined, undefined]);
  expect(["Mars/Base", "", "+02:00"].map(checkTimeZone)).toEqual(Array(3).fill("unknown time zone"));
});
