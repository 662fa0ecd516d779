import { expect, test } from "vitest";
import type { ContainerRecord } from "./container-record.ts";
import { isFinished, planPod, type Action, type HealthView, type PlanInput } from "./plan.ts";
import { nowMs, podOf, recordOf } from "./testing/records.ts";

const up: HealthView = { started: true, ready: true, failed: undefined };

function plan(records: readonly ContainerRecord[], given: Partial<PlanInput> = {}) {
  const input: PlanInput = {
    pod: podOf(),
    records,
    nowMs,
    stopping: false,
    failures: new Map(),
    healthOf: () => up,
    lastAttemptOf: () => undefined,
    startsAnew: false,
    ...given,
  };
  const result = planPod(input);
  return {
    ...result,
    texts: result.actions.map(text),
    wakeAtMs: result.wakeAtMs,
    crashWaits: result.crashWaits,
  };
}

function text(action: Action): string {
  switch (action.type) {
    case "startPause":
      return `pause ${action.attempt}`;
    case "start":
      return `start ${action.container.name} ${action.attempt} ${action.backoffMs}`;
    case "kill":
      return `kill ${action.record.id} ${action.cause}`;
    case "remove":
      return `remove ${action.record.id}`;
  }
}

const pair = podOf({
  containers: [
    { name: "main", image: "img" },
    { name: "other", image: "img" },
  ],
});
const pause = recordOf({ id: "pause-0", name: "", role: "pause" });

test("a container of one is started by itself, and once only", () => {
  expect(plan([]).texts).toEqual(["start main 0 0"]);
  expect(plan([recordOf()]).texts).toEqual([]);
});

test("several containers wait for the pause container", () => {
  expect(plan([], { pod: pair }).texts).toEqual(["pause 0"]);
  expect(plan([pause], { pod: pair }).texts).toEqual(["start main 0 0", "start other 0 0"]);
});

test("when the pause container ends, all start anew", () => {
  const dead = { ...pause, state: "exited" } as const;
  const main = recordOf({ pauseId: "pause-0" });
  expect(plan([dead, main], { pod: pair }).texts).toEqual(["kill main-0 pause"]);
  const ended = recordOf({ pauseId: "pause-0", state: "exited" });
  expect(plan([dead, ended], { pod: pair }).texts).toEqual(["pause 1"]);
  expect(plan([dead], { pod: pair }).texts).toEqual(["remove pause-0", "pause 1"]);
});

test("a container on the node's network needs no pause container", () => {
  const pod = podOf({ ...pair.spec, hostNetwork: true });
  expect(plan([], { pod }).texts).toEqual(["start main 0 0", "start other 0 0"]);
});

test.each([
  [{ backoffMs: 0 }, ["start main 1 10000"], undefined],
  [{ backoffMs: 10_000, attempt: 3 }, [], nowMs + 9000],
  [{ backoffMs: 10_000, attempt: 3, finishedMs: nowMs - 10_000 }, ["start main 4 20000"], undefined],
  [{ backoffMs: 160_000, finishedMs: nowMs - 160_000 }, ["start main 1 300000"], undefined],
  [{ backoffMs: 300_000, finishedMs: nowMs - 300_000 }, ["start main 1 300000"], undefined],
  [{ backoffMs: 300_000, startedMs: nowMs - 602_000 }, ["start main 1 10000"], undefined],
])("a container that ended as %j: %j, wake at %s", (given, texts, wakeAtMs) => {
  const result = plan([recordOf({ state: "exited", exitCode: 1, ...given })]);
  expect(result.texts).toEqual(texts);
  expect(result.wakeAtMs).toBe(wakeAtMs);
  expect(result.crashWaits.has("main")).toBe(wakeAtMs !== undefined);
});

test.each([
  ["Always", 0, true],
  ["Always", 1, true],
  ["OnFailure", 0, false],
  ["OnFailure", 1, true],
  ["Never", 0, false],
  ["Never", 1, false],
] as const)("policy %s after exit code %i starts again: %s", (restartPolicy, exitCode, again) => {
  const pod = podOf({ restartPolicy });
  const records = [recordOf({ state: "exited", exitCode })];
  expect(plan(records, { pod }).texts).toEqual(again ? ["start main 1 10000"] : []);
  expect(isFinished({ pod, records, failures: new Map() })).toBe(!again);
});

test("init containers run one after the other, before the others", () => {
  const initContainers = [{ name: "a" }, { name: "b" }];
  const pod = podOf({ initContainers });
  const init = (name: string, given: Partial<ContainerRecord>) =>
    recordOf({ name, role: "init", image: "", ...given });
  expect(plan([pause], { pod }).texts).toEqual(["start a 0 0"]);
  expect(plan([pause, init("a", { state: "running" })], { pod }).texts).toEqual([]);
  const a = init("a", { state: "exited" });
  expect(plan([pause, a], { pod }).texts).toEqual(["start b 0 0"]);
  expect(plan([pause, a, init("b", { state: "exited", exitCode: 2 })], { pod }).texts).toEqual([
    "start b 1 10000",
  ]);
  expect(plan([pause, a, init("b", { state: "exited" })], { pod }).texts).toEqual(["start main 0 0"]);
  // Their containers may be gone once the others have begun.
  expect(plan([pause, recordOf()], { pod }).texts).toEqual([]);
  const never = podOf({ initContainers, restartPolicy: "Never" });
  expect(plan([pause, init("a", { state: "exited", exitCode: 2 })], { pod: never }).texts).toEqual([
    "kill pause-0 finished",
  ]);
});

test("a sidecar must be up before the others start, and ends after them", () => {
  const pod = podOf({ initContainers: [{ name: "side", restartPolicy: "Always" }], restartPolicy: "Never" });
  const side = recordOf({ name: "side", role: "init", image: "" });
  expect(plan([pause], { pod }).texts).toEqual(["start side 0 0"]);
  expect(plan([pause, side], { pod, healthOf: () => ({ ...up, started: false }) }).texts).toEqual([]);
  expect(plan([pause, side], { pod }).texts).toEqual(["start main 0 0"]);
  const done = recordOf({ state: "exited" });
  expect(plan([pause, side, done], { pod }).texts).toEqual(["kill side-0 finished"]);
  const ended = { ...side, state: "exited" } as const;
  expect(plan([pause, ended, done], { pod }).texts).toEqual(["kill pause-0 finished"]);
  expect(plan([pause, side, recordOf()], { pod, stopping: true }).texts).toEqual(["kill main-0 stopping"]);
});

test("a failed probe or another image ends the container", () => {
  expect(plan([recordOf()], { healthOf: () => ({ ...up, failed: "liveness" }) }).texts).toEqual([
    "kill main-0 liveness",
  ]);
  expect(plan([recordOf({ image: "old" })]).texts).toEqual(["kill main-0 changed"]);
});

test("a pod that is to end gets nothing started", () => {
  expect(plan([], { stopping: true }).texts).toEqual([]);
  expect(plan([recordOf({ state: "exited", exitCode: 1 })], { stopping: true }).texts).toEqual([]);
});

test("of each name the newest two containers are kept; what was never started goes first", () => {
  const old = [0, 1, 2].map((attempt) => recordOf({ attempt, state: "exited", exitCode: 1 }));
  expect(plan([...old, recordOf({ attempt: 3 })]).texts).toEqual(["remove main-1", "remove main-0"]);
  expect(plan([recordOf({ state: "created" })]).texts).toEqual(["remove main-0"]);
});

test("a container that could not be started is tried again at its time", () => {
  const failure = { reason: "ErrImagePull", message: "no", retryAtMs: nowMs + 500, count: 1 };
  const waiting = plan([], { failures: new Map([["main", failure]]) });
  expect(waiting.texts).toEqual([]);
  expect(waiting.wakeAtMs).toBe(nowMs + 500);
  expect(plan([], { failures: new Map([["main", { ...failure, retryAtMs: nowMs }]]) }).texts).toEqual([
    "start main 0 0",
  ]);
});

test("containers that are gone are counted on", () => {
  expect(plan([], { lastAttemptOf: () => 4 }).texts).toEqual(["start main 5 0"]);
});

test("a container whose command cannot be run is tried again only where its pod restarts containers", () => {
  const failure = { reason: "RunContainerError", message: "no such command", retryAtMs: nowMs - 1, count: 1 };
  const failures = new Map([["main", { ...failure, hopelessMs: nowMs - 100 }]]);
  const pod = podOf({ restartPolicy: "Never" });
  expect(plan([], { pod, failures }).texts).toEqual([]);
  expect(isFinished({ pod, records: [], failures })).toBe(true);
  expect(plan([], { failures }).texts).toEqual(["start main 0 0"]);
  expect(isFinished({ pod: podOf(), records: [], failures })).toBe(false);
  const other = new Map([["main", failure]]);
  expect(plan([], { pod, failures: other }).texts).toEqual(["start main 0 0"]);
});

test("after a reboot, what ends because something is not there yet is tried again soon, and nothing is held against it", () => {
  const crashed = recordOf({ state: "exited", exitCode: 1, backoffMs: 40_000 });
  expect(plan([crashed]).crashWaits.get("main")).toBe(nowMs + 39_000);
  const anew = plan([crashed], { startsAnew: true });
  expect(anew.crashWaits.size).toBe(0);
  expect(anew.actions).toMatchObject([{ type: "start", attempt: 1, backoffMs: 0 }]);
});
