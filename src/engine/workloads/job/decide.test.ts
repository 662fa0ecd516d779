import { describe, expect, test } from "vitest";
import { job as jobKind, type Job } from "../../../model/kinds/batch/job/job.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../../model/kind.ts";
import { decideJob, type JobDecision } from "./decide.ts";
import { formatIndexes, parseIndexes } from "./indexes.ts";

const nowMs = Date.parse("2026-01-01T12:00:00Z");
const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();

function aJob(spec: Partial<Job["spec"]>, status: Job["status"] = {}): Job {
  return newObject(jobKind, { name: "job", uid: "j" }, { spec: { template: {}, ...spec }, status });
}

let pods = 0;
type Phase = "Pending" | "Running" | "Succeeded" | "Failed";
function aPod(phase: Phase, more: { index?: number; endedSeconds?: number; restarts?: number } = {}): Pod {
  const { index, endedSeconds = 0, restarts = 0 } = more;
  const uid = `p${++pods}`;
  const annotations =
    index === undefined ? {} : { "batch.kubernetes.io/job-completion-index": String(index) };
  const ended = phase === "Succeeded" || phase === "Failed";
  const state = ended ? { terminated: { exitCode: 0, finishedAt: ago(endedSeconds) } } : {};
  return newObject<Pod>(
    podKind,
    { name: uid, uid, creationTimestamp: ago(1000), annotations },
    {
      spec: { containers: [] },
      status: {
        phase,
        containerStatuses: [
          { name: "c", ready: false, restartCount: restarts, image: "", imageID: "", state },
        ],
      },
    },
  );
}

const decide = (job: Job, given: readonly Pod[]): JobDecision => decideJob({ job, pods: given, nowMs });
const conditions = ({ status }: JobDecision): string[] =>
  (status.conditions ?? []).map(({ type, status: value, reason }) => `${type}=${value} ${reason}`);

describe("how many pods run", () => {
  test.each([
    { spec: {}, given: [], create: 1 },
    { spec: { parallelism: 3, completions: 5 }, given: [], create: 3 },
    { spec: { parallelism: 3, completions: 5 }, given: ["Running", "Succeeded"], create: 2 },
    {
      spec: { parallelism: 3, completions: 5 },
      given: ["Succeeded", "Succeeded", "Succeeded", "Succeeded"],
      create: 1,
    },
    { spec: { parallelism: 0, completions: 5 }, given: [], create: 0 },
    // a work queue: nobody joins after the first success
    { spec: { parallelism: 3 }, given: [], create: 3 },
    { spec: { parallelism: 3 }, given: ["Running", "Succeeded"], create: 0 },
  ] as const)("$spec with $given: $create more", ({ spec, given, create }) => {
    const decision = decide(
      aJob(spec),
      given.map((phase) => aPod(phase)),
    );
    expect(decision.create).toHaveLength(create);
    expect(decision.remove).toEqual([]);
  });

  test("is brought down when the parallelism is", () => {
    const running = [aPod("Running"), aPod("Running"), aPod("Pending")];
    expect(decide(aJob({ parallelism: 2, completions: 9 }), running).remove).toEqual([running[2]]);
  });
});

describe("how it ends", () => {
  test("complete, when enough succeeded; the rest is removed", () => {
    const running = aPod("Running");
    const decision = decide(aJob({ completions: 2, parallelism: 3 }), [
      aPod("Succeeded"),
      aPod("Succeeded"),
      running,
    ]);
    expect(conditions(decision)).toEqual(["Complete=True CompletionsReached"]);
    expect(decision.remove).toEqual([running]);
    expect(decision.status).toMatchObject({ succeeded: 2, active: 0, completionTime: ago(0) });
  });

  test("complete, a work queue, only when all of its pods have ended", () => {
    const queue = aJob({ parallelism: 2 });
    expect(conditions(decide(queue, [aPod("Succeeded"), aPod("Running")]))).toEqual([]);
    expect(conditions(decide(queue, [aPod("Succeeded"), aPod("Failed")]))).toEqual([
      "Complete=True CompletionsReached",
    ]);
  });

  test("failed, beyond the limit of failures, and not at it", () => {
    const limited = aJob({ backoffLimit: 1 });
    expect(conditions(decide(limited, [aPod("Failed")]))).toEqual([]);
    expect(conditions(decide(limited, [aPod("Failed"), aPod("Failed")]))).toEqual([
      "Failed=True BackoffLimitExceeded",
    ]);
  });

  test("failed, by restarts in place", () => {
    const inPlace = aJob({
      backoffLimit: 3,
      template: { spec: { containers: [], restartPolicy: "OnFailure" } },
    });
    expect(conditions(decide(inPlace, [aPod("Running", { restarts: 2 })]))).toEqual([]);
    expect(conditions(decide(inPlace, [aPod("Running", { restarts: 3 })]))).toEqual([
      "Failed=True BackoffLimitExceeded",
    ]);
  });

  test("failed, after its deadline, for which it comes back in time", () => {
    const limited = { activeDeadlineSeconds: 60 };
    const running = aPod("Running");
    const early = decide(aJob(limited, { startTime: ago(50) }), [running]);
    expect([conditions(early), early.requeueAfterMs]).toEqual([[], 10_000]);
    const late = decide(aJob(limited, { startTime: ago(60) }), [running]);
    expect(conditions(late)).toEqual(["Failed=True DeadlineExceeded"]);
    expect(late.remove).toEqual([running]);
  });

  test("gone, after its time", () => {
    const done = { type: "Complete", status: "True", lastTransitionTime: ago(30) } as const;
    const finished = (seconds: number): JobDecision =>
      decide(aJob({ ttlSecondsAfterFinished: seconds }, { conditions: [done], succeeded: 1 }), []);
    expect(finished(31)).toMatchObject({ expired: false, requeueAfterMs: 1000 });
    expect(finished(30)).toMatchObject({ expired: true });
  });

  test("counted, though the pods that ended were removed", () => {
    const decision = decide(aJob({ completions: 3 }, { succeeded: 2, failed: 1 }), [aPod("Succeeded")]);
    expect(decision.status).toMatchObject({ succeeded: 2, failed: 1 });
  });
});

describe("after failures", () => {
  test.each([
    { failures: [3], waitMs: 7000 },
    { failures: [30, 3], waitMs: 17_000 },
    { failures: [10], waitMs: undefined },
  ])("at $failures seconds ago the next pod waits", ({ failures, waitMs }) => {
    const given = failures.map((endedSeconds) => aPod("Failed", { endedSeconds }));
    const decision = decide(aJob({}), given);
    expect(decision.requeueAfterMs).toBe(waitMs);
    expect(decision.create).toHaveLength(waitMs === undefined ? 1 : 0);
  });

  test("a success starts the waiting anew", () => {
    const given = [aPod("Failed", { endedSeconds: 3 }), aPod("Succeeded", { endedSeconds: 1 })];
    expect(decide(aJob({ completions: 2 }), given).create).toHaveLength(1);
  });
});

test("a suspended job removes its pods and takes them up again", () => {
  const running = aPod("Running");
  const job = aJob({ suspend: true }, { startTime: ago(100) });
  const decision = decide(job, [running]);
  expect(decision.remove).toEqual([running]);
  expect(conditions(decision)).toEqual(["Suspended=True JobSuspended"]);
  expect(decision.status.startTime).toBeUndefined();
  const resumed = decide({ ...job, spec: { ...job.spec, suspend: false }, status: decision.status }, []);
  expect(conditions(resumed)).toEqual(["Suspended=False JobResumed"]);
  expect(resumed.status.startTime).toBe(ago(0));
  expect(resumed.create).toHaveLength(1);
});

test("an Indexed job makes the numbers that are missing", () => {
  const job = aJob({ completionMode: "Indexed", completions: 5, parallelism: 3 }, { completedIndexes: "0" });
  const decision = decide(job, [
    aPod("Succeeded", { index: 2 }),
    aPod("Running", { index: 1 }),
    aPod("Failed", { index: 3, endedSeconds: 60 }),
  ]);
  expect(decision.create).toEqual([{ index: 3 }, { index: 4 }]);
  expect(decision.status).toMatchObject({ completedIndexes: "0,2", succeeded: 2 });
});

test.each(["", "0", "0-2", "1,3-5,9"])("numbers %j are read and written the same", (text) => {
  expect(formatIndexes(parseIndexes(text))).toBe(text);
});
