import { describe, expect, test } from "vitest";
import { cronJob as cronJobKind, type CronJob } from "../../../model/kinds/batch/cronjob/cronjob.ts";
import { job as jobKind, type Job } from "../../../model/kinds/batch/job/job.ts";
import { newObject } from "../../../model/kind.ts";
import { decideCron, jobNameOf, scheduledAnnotation } from "./decide.ts";

const at = (time: string) => Date.parse(`2026-01-01T${time}Z`);
const iso = (time: string) => `2026-01-01T${time}Z`;

function aCronJob(spec: Partial<CronJob["spec"]> = {}, status: CronJob["status"] = {}): CronJob {
  const metadata = { name: "report", uid: "c", creationTimestamp: iso("00:00:30") };
  const all = { schedule: "*/5 * * * *", concurrencyPolicy: "Allow" as const, jobTemplate: {}, ...spec };
  return newObject(cronJobKind, metadata, { spec: all, status });
}

function aJob(name: string, start: string, end?: "Complete" | "Failed"): Job {
  const conditions = end === undefined ? [] : [{ type: end, status: "True" as const }];
  const status = { startTime: iso(start), completionTime: end && iso(start), conditions };
  const annotations = { [scheduledAnnotation]: iso(start) };
  return newObject<Job>(jobKind, { name, uid: name, annotations }, { spec: { template: {} }, status });
}

const decide = (cronJob: CronJob, time: string, jobs: readonly Job[] = []) =>
  decideCron({ cronJob, jobs, nowMs: at(time) });
const active = (...names: string[]) => ({ active: names.map((name) => ({ name, uid: name })) });
const reasons = (cronJob: CronJob, time: string, jobs: readonly Job[] = []) =>
  decide(cronJob, time, jobs).events.map(({ reason }) => reason);

describe("when a job is made", () => {
  test.each([
    // not for a time before the cron job was
    ["00:00:40", {}, undefined, 260_000],
    ["00:05:00", {}, "00:05:00", 300_000],
    ["00:05:10", {}, "00:05:00", 290_000],
    // a time is used once
    ["00:05:10", { lastScheduleTime: iso("00:05:00") }, undefined, 290_000],
    // of several missed times the last is made up for
    ["01:03:00", { lastScheduleTime: iso("00:05:00") }, "01:00:00", 120_000],
  ])("at %s with %j: %s", (now, status, start, requeueAfterMs) => {
    const decision = decide(aCronJob({}, status), now);
    expect(decision.startMs).toBe(start === undefined ? undefined : at(start));
    expect(decision.requeueAfterMs).toBe(requeueAfterMs);
  });

  test("not while it is suspended, and the time that passed meanwhile is made up for then", () => {
    expect(decide(aCronJob({ suspend: true }), "00:07:00")).toMatchObject({
      startMs: undefined,
      requeueAfterMs: undefined,
    });
    expect(decide(aCronJob({ suspend: false }), "00:07:00").startMs).toBe(at("00:05:00"));
  });

  test("not later than the deadline allows", () => {
    const late = aCronJob({ startingDeadlineSeconds: 60 });
    expect(decide(late, "00:05:59").startMs).toBe(at("00:05:00"));
    expect(decide(late, "00:06:01").startMs).toBeUndefined();
    expect(reasons(late, "00:06:01")).toEqual(["MissSchedule"]);
    expect(decide(late, "00:06:01").requeueAfterMs).toBe(239_000);
  });

  test("many missed times are told of, and one run makes up for them", () => {
    const often = aCronJob({ schedule: "* * * * *" }, { lastScheduleTime: iso("00:00:00") });
    expect(reasons(often, "01:40:00")).toEqual([]);
    expect(reasons(often, "01:42:00")).toEqual(["TooManyMissedTimes"]);
    expect(decide(often, "01:42:00").startMs).toBe(at("01:42:00"));
    const bounded = aCronJob(
      { schedule: "* * * * *", startingDeadlineSeconds: 200 },
      { lastScheduleTime: iso("00:00:00") },
    );
    expect(reasons(bounded, "01:42:00")).toEqual([]);
  });

  test("by the clock of its zone", () => {
    const zoned = aCronJob({ schedule: "30 9 * * *", timeZone: "Asia/Tokyo" });
    expect(decide(zoned, "00:30:00").startMs).toBe(at("00:30:00"));
  });

  test("a schedule that cannot be read is told of", () => {
    expect(reasons(aCronJob({ schedule: "often" }), "00:05:00")).toEqual(["UnparseableSchedule"]);
  });
});

describe("beside a run that has not ended", () => {
  const running = aJob("a", "00:05:00");
  const status = { ...active("a"), lastScheduleTime: iso("00:05:00") };

  test("Allow starts", () => {
    const decision = decide(aCronJob({}, status), "00:10:00", [running]);
    expect(decision).toMatchObject({ startMs: at("00:10:00"), replace: [] });
  });

  test("Forbid waits, and starts when it has ended", () => {
    const forbids = aCronJob({ concurrencyPolicy: "Forbid" }, status);
    expect(decide(forbids, "00:10:00", [running]).startMs).toBeUndefined();
    expect(reasons(forbids, "00:10:00", [running])).toEqual(["JobAlreadyActive"]);
    const ended = aJob("a", "00:05:00", "Complete");
    expect(decide(forbids, "00:12:00", [ended]).startMs).toBe(at("00:10:00"));
  });

  test("Replace ends it", () => {
    const replaces = aCronJob({ concurrencyPolicy: "Replace" }, status);
    const decision = decide(replaces, "00:10:00", [running]);
    expect(decision).toMatchObject({ startMs: at("00:10:00"), replace: [running] });
  });
});

test("the status follows the jobs", () => {
  const cronJob = aCronJob({}, { ...active("gone", "done"), lastScheduleTime: iso("00:05:00") });
  const jobs = [aJob("done", "00:05:00", "Complete"), aJob("unnoted", "00:10:00")];
  const { status, events, startMs } = decide(cronJob, "00:10:30", jobs);
  expect(events.map(({ message }) => message)).toEqual([
    "Active job went missing: gone",
    "Saw completed job: done, condition: Complete",
  ]);
  expect(status.active?.map(({ name }) => name)).toEqual(["unnoted"]);
  expect(status).toMatchObject({
    lastScheduleTime: iso("00:10:00"),
    lastSuccessfulTime: iso("00:05:00"),
  });
  expect(startMs).toBeUndefined();
});

test("of ended jobs the newest are kept", () => {
  const good = ["00:01:00", "00:02:00", "00:03:00", "00:04:00"].map((start) =>
    aJob(start, start, "Complete"),
  );
  const bad = ["00:01:30", "00:02:30"].map((start) => aJob(start, start, "Failed"));
  const names = decide(aCronJob(), "00:04:30", [...good, ...bad, aJob("runs", "00:00:10")]).cleanUp;
  expect(names.map(({ metadata }) => metadata.name)).toEqual(["00:01:00", "00:01:30"]);
});

test("a time has one name", () => {
  expect(jobNameOf(aCronJob(), at("00:05:00"))).toBe("report-29453765");
});
