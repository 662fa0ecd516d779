import { expect, test } from "vitest";
import type { ContainerRecord } from "./container-record.ts";
import type { HealthView } from "./plan.ts";
import { computePodStatus, durationText, isoOf, type StatusInput } from "./pod-status.ts";
import { nowMs, podOf, recordOf } from "./testing/records.ts";

const up: HealthView = { started: true, ready: true, failed: undefined };

function status(records: readonly ContainerRecord[], given: Partial<StatusInput> = {}) {
  return computePodStatus({
    pod: podOf(),
    records,
    nowMs,
    failures: new Map(),
    crashWaits: new Map(),
    healthOf: () => up,
    podIP: "10.0.0.2",
    hostIP: "127.0.0.1",
    runtime: "podman",
    previous: undefined,
    ...given,
  });
}

const conditions = (result: ReturnType<typeof status>): string[] =>
  (result.conditions ?? []).map(({ type, status: holds, reason }) =>
    [type, holds, reason].filter(Boolean).join(" "),
  );

test("a pod whose containers are not there is Pending", () => {
  const result = status([]);
  expect(result.phase).toBe("Pending");
  expect(result.podIP).toBeUndefined();
  expect(result.containerStatuses?.[0]).toMatchObject({
    state: { waiting: { reason: "ContainerCreating" } },
    ready: false,
    restartCount: 0,
  });
  expect(conditions(result)).toEqual([
    "PodReadyToStartContainers False",
    "Initialized True",
    "ContainersReady False ContainersNotReady",
    "Ready False ContainersNotReady",
  ]);
});

test("a pod that runs and is ready says so, with its address", () => {
  const result = status([recordOf()]);
  expect(result).toMatchObject({
    phase: "Running",
    podIP: "10.0.0.2",
    podIPs: [{ ip: "10.0.0.2" }],
    hostIP: "127.0.0.1",
    startTime: isoOf(nowMs),
    qosClass: "BestEffort",
  });
  expect(result.containerStatuses?.[0]).toMatchObject({
    state: { running: { startedAt: isoOf(nowMs - 5000) } },
    ready: true,
    started: true,
    containerID: "podman://main-0",
    imageID: "sha256:1",
  });
  expect(conditions(result)).toEqual([
    "PodReadyToStartContainers True",
    "Initialized True",
    "ContainersReady True",
    "Ready True",
  ]);
});

test("a container that runs and is not ready makes the pod unready", () => {
  const result = status([recordOf()], { healthOf: () => ({ ...up, ready: false }) });
  expect(result.phase).toBe("Running");
  expect(result.conditions?.at(-1)).toMatchObject({
    type: "Ready",
    status: "False",
    message: "containers with unready status: [main]",
  });
});

test("tells where a container listens instead, until it is ready", () => {
  const listening = "listens on no port, not on 80 either";
  const unready = status([recordOf()], { healthOf: () => ({ ...up, ready: false, listening }) });
  expect(unready.conditions?.at(-1)).toMatchObject({
    type: "nagi.dev/Listening",
    status: "False",
    message: listening,
  });
  const ready = status([recordOf()], { previous: unready });
  expect(conditions(ready)).not.toContain("nagi.dev/Listening False OtherAddress");
});

test("a readiness gate closes a pod whose containers are ready", () => {
  const pod = podOf({ readinessGates: [{ conditionType: "example.com/gate" }] });
  expect(conditions(status([recordOf()], { pod })).at(-1)).toBe("Ready False ReadinessGatesNotReady");
  const open = { ...pod, status: { conditions: [{ type: "example.com/gate", status: "True" }] } };
  expect(conditions(status([recordOf()], { pod: open })).at(-1)).toBe("Ready True");
});

const crashed = (attempt: number, given: Partial<ContainerRecord> = {}) =>
  recordOf({ attempt, state: "exited", exitCode: 1, backoffMs: 40_000, ...given });

test("a container that waits to be started again is in CrashLoopBackOff, its end in lastState", () => {
  const result = status([crashed(3), crashed(2)], { crashWaits: new Map([["main", nowMs + 1]]) });
  expect(result.phase).toBe("Running");
  expect(result.containerStatuses?.[0]).toMatchObject({
    state: {
      waiting: {
        reason: "CrashLoopBackOff",
        message: "back-off 40s restarting failed container=main pod=web_ns(uid-1)",
      },
    },
    lastState: { terminated: { exitCode: 1, reason: "Error", containerID: "podman://main-3" } },
    restartCount: 3,
  });
});

test("a container that runs again keeps the end of the one before", () => {
  const [result] =
    status([recordOf({ attempt: 1 }), crashed(0, { oomKilled: true, exitCode: 137, message: "bye" })])
      .containerStatuses ?? [];
  expect(result).toMatchObject({
    lastState: { terminated: { reason: "OOMKilled", exitCode: 137, message: "bye" } },
    restartCount: 1,
    ready: true,
  });
});

test.each([
  ["Never", [0, 0], "Succeeded"],
  ["Never", [0, 1], "Failed"],
  ["OnFailure", [0, 0], "Succeeded"],
  ["OnFailure", [0, 1], "Running"],
  ["Always", [0, 0], "Running"],
] as const)("policy %s with exit codes %j is %s", (restartPolicy, codes, phase) => {
  const pod = podOf({
    restartPolicy,
    containers: codes.map((_, index) => ({ name: `c${index}`, image: "img" })),
  });
  const records = codes.map((exitCode, index) => recordOf({ name: `c${index}`, state: "exited", exitCode }));
  expect(status(records, { pod }).phase).toBe(phase);
});

test("one container that runs and one that was never started make a Pending pod", () => {
  const pod = podOf({
    containers: [
      { name: "main", image: "img" },
      { name: "other", image: "img" },
    ],
  });
  expect(status([recordOf()], { pod }).phase).toBe("Pending");
  expect(status([recordOf(), recordOf({ name: "other", state: "exited", exitCode: 1 })], { pod }).phase).toBe(
    "Running",
  );
});

test("init containers are told apart, and hold the pod up", () => {
  const pod = podOf({ initContainers: [{ name: "a", image: "img" }] });
  const running = recordOf({ name: "a", role: "init" });
  const result = status([running], { pod });
  expect(result.phase).toBe("Pending");
  expect(conditions(result)[1]).toBe("Initialized False ContainersNotInitialized");
  expect(result.containerStatuses?.[0]?.state?.waiting?.reason).toBe("PodInitializing");
  const done = { ...running, state: "exited" } as const;
  const after = status([done, recordOf()], { pod });
  expect(after.phase).toBe("Running");
  expect(after.initContainerStatuses?.[0]).toMatchObject({
    ready: true,
    state: { terminated: { reason: "Completed" } },
  });
  const never = podOf({ ...pod.spec, restartPolicy: "Never" });
  expect(status([{ ...done, exitCode: 2 }], { pod: never }).phase).toBe("Failed");
});

test("what could not be started shows its reason, and a start that failed before it the end of the last one", () => {
  const failures = new Map([
    ["main", { reason: "ImagePullBackOff", message: "Back-off", retryAtMs: nowMs, count: 2 }],
  ]);
  expect(status([], { failures }).containerStatuses?.[0]?.state).toEqual({
    waiting: { reason: "ImagePullBackOff", message: "Back-off" },
  });
  expect(status([crashed(1)], { failures }).containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(1);
});

test("a pod out of time is Failed once nothing runs any more", () => {
  const ended = { reason: "DeadlineExceeded", message: "late" };
  expect(status([recordOf()], { ended }).phase).toBe("Running");
  expect(status([recordOf({ state: "exited", exitCode: 137 })], { ended })).toMatchObject({
    phase: "Failed",
    ...ended,
  });
});

test("a time of transition stays until the status changes, and conditions of others stay", () => {
  const scheduled = { type: "PodScheduled", status: "True", lastTransitionTime: isoOf(0) };
  const first = status([recordOf()], { pod: podOf({}, { status: { conditions: [scheduled] } }) });
  const later = status([recordOf()], { previous: first, nowMs: nowMs + 60_000 });
  expect(later).toEqual(first);
  expect(later.conditions).toContainEqual(scheduled);
});

test.each([
  [10_000, "10s"],
  [160_000, "2m40s"],
  [300_000, "5m0s"],
])("%i ms is %s", (ms, expected) => {
  expect(durationText(ms)).toBe(expected);
});

test("a pod without restarts whose command cannot be run has failed with a StartError", () => {
  const failure = { reason: "RunContainerError", message: "no such command", retryAtMs: nowMs, count: 1 };
  const failures = new Map([["main", { ...failure, hopelessMs: nowMs }]]);
  const result = status([], { pod: podOf({ restartPolicy: "Never" }), failures });
  expect(result.phase).toBe("Failed");
  expect(result.containerStatuses?.[0]?.state?.terminated).toMatchObject({
    exitCode: 128,
    reason: "StartError",
    message: "no such command",
  });
  expect(status([], { failures })).toMatchObject({
    phase: "Pending",
    containerStatuses: [{ state: { waiting: { reason: "RunContainerError" } } }],
  });
});
