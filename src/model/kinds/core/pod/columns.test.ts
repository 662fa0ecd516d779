import { describe, expect, test } from "vitest";
import { tableColumns, tableRow } from "../../../table.ts";
import { aContainer, aPod, builtAt } from "../../../testing/builders.ts";
import type { ContainerStatus, PodStatus } from "./pod-status.ts";
import type { PodSpec } from "./pod-spec.ts";
import { pod } from "./pod.ts";

const nowMs = Date.parse(builtAt) + 90_000;

function container(name: string, given: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name, image: "i", imageID: "", ready: false, restartCount: 0, ...given };
}

const running = { state: { running: { startedAt: builtAt } }, ready: true, started: true };
const waiting = (reason: string): Partial<ContainerStatus> => ({ state: { waiting: { reason } } });
const ended = (exitCode: number, reason?: string, signal?: number): Partial<ContainerStatus> => ({
  state: {
    terminated: {
      exitCode,
      ...(reason === undefined ? {} : { reason }),
      ...(signal === undefined ? {} : { signal }),
    },
  },
});

interface Given {
  readonly status: PodStatus;
  readonly spec?: Partial<PodSpec>;
  readonly deleted?: boolean;
}

function cells({ status, spec, deleted = false }: Given): unknown[] {
  const metadata = deleted ? { deletionTimestamp: builtAt } : {};
  return tableRow(
    pod,
    aPod({ status, ...(spec === undefined ? {} : { spec }), metadata }),
    nowMs,
  ).cells.slice(1, 4);
}

const two = { containers: [aContainer(), aContainer({ name: "b" })] };
const withInit = { initContainers: [aContainer({ name: "i" }), aContainer({ name: "j" })] };
const sidecar = { initContainers: [aContainer({ name: "i", restartPolicy: "Always" })] };
const lastRestart = {
  lastState: { terminated: { exitCode: 1, finishedAt: new Date(nowMs - 30_000).toISOString() } },
};

describe("READY STATUS RESTARTS", () => {
  test.each<[string, Given, unknown[]]>([
    ["new", { status: { phase: "Pending" } }, ["0/1", "Pending", "0"]],
    [
      "gated",
      {
        status: {
          phase: "Pending",
          conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
        },
      },
      ["0/1", "SchedulingGated", "0"],
    ],
    [
      "starting",
      { status: { phase: "Pending", containerStatuses: [container("main", waiting("ContainerCreating"))] } },
      ["0/1", "ContainerCreating", "0"],
    ],
    [
      "running",
      { status: { phase: "Running", containerStatuses: [container("main", running)] } },
      ["1/1", "Running", "0"],
    ],
    [
      "one of two ready",
      {
        spec: two,
        status: {
          phase: "Running",
          containerStatuses: [container("main", running), container("b", { ...running, ready: false })],
        },
      },
      ["1/2", "Running", "0"],
    ],
    [
      "crashing",
      {
        status: {
          phase: "Running",
          containerStatuses: [
            container("main", { ...waiting("CrashLoopBackOff"), ...lastRestart, restartCount: 3 }),
          ],
        },
      },
      ["0/1", "CrashLoopBackOff", "3 (30s ago)"],
    ],
    [
      "out of memory",
      { status: { phase: "Failed", containerStatuses: [container("main", ended(137, "OOMKilled"))] } },
      ["0/1", "OOMKilled", "0"],
    ],
    [
      "killed",
      { status: { phase: "Failed", containerStatuses: [container("main", ended(137, undefined, 9))] } },
      ["0/1", "Signal:9", "0"],
    ],
    [
      "failed without a word",
      { status: { phase: "Failed", containerStatuses: [container("main", ended(3))] } },
      ["0/1", "ExitCode:3", "0"],
    ],
    [
      "completed",
      { status: { phase: "Succeeded", containerStatuses: [container("main", ended(0, "Completed"))] } },
      ["0/1", "Completed", "0"],
    ],
    [
      "one completed, one running",
      {
        spec: two,
        status: {
          phase: "Running",
          conditions: [{ type: "Ready", status: "True" }],
          containerStatuses: [container("main", ended(0, "Completed")), container("b", running)],
        },
      },
      ["1/2", "Running", "0"],
    ],
    [
      "one completed, one running, not ready",
      {
        spec: two,
        status: {
          phase: "Running",
          containerStatuses: [container("main", ended(0, "Completed")), container("b", running)],
        },
      },
      ["1/2", "NotReady", "0"],
    ],
    [
      "going",
      { deleted: true, status: { phase: "Running", containerStatuses: [container("main", running)] } },
      ["1/1", "Terminating", "0"],
    ],
    [
      "going after its end",
      {
        deleted: true,
        status: { phase: "Succeeded", containerStatuses: [container("main", ended(0, "Completed"))] },
      },
      ["0/1", "Completed", "0"],
    ],
    ["evicted", { status: { phase: "Failed", reason: "Evicted" } }, ["0/1", "Evicted", "0"]],
    [
      "first init container",
      {
        spec: withInit,
        status: {
          phase: "Pending",
          initContainerStatuses: [container("i", running), container("j", waiting("PodInitializing"))],
          containerStatuses: [container("main", waiting("PodInitializing"))],
        },
      },
      ["0/1", "Init:0/2", "0"],
    ],
    [
      "second init container",
      {
        spec: withInit,
        status: {
          phase: "Pending",
          initContainerStatuses: [container("i", ended(0)), container("j", running)],
        },
      },
      ["0/1", "Init:1/2", "0"],
    ],
    [
      "init container failed",
      { spec: withInit, status: { phase: "Pending", initContainerStatuses: [container("i", ended(2))] } },
      ["0/1", "Init:ExitCode:2", "0"],
    ],
    [
      "init container crashing",
      {
        spec: withInit,
        status: {
          phase: "Pending",
          initContainerStatuses: [
            container("i", { ...waiting("CrashLoopBackOff"), restartCount: 2, ...lastRestart }),
          ],
        },
      },
      ["0/1", "Init:CrashLoopBackOff", "2 (30s ago)"],
    ],
    [
      "init containers done",
      {
        spec: withInit,
        status: {
          phase: "Running",
          initContainerStatuses: [container("i", { ...ended(0), restartCount: 4 }), container("j", ended(0))],
          containerStatuses: [container("main", running)],
        },
      },
      ["1/1", "Running", "0"],
    ],
    [
      "sidecar",
      {
        spec: sidecar,
        status: {
          phase: "Running",
          initContainerStatuses: [container("i", running)],
          containerStatuses: [container("main", running)],
        },
      },
      ["2/2", "Running", "0"],
    ],
  ])("%s", (_name, given, expected) => expect(cells(given)).toEqual(expected));
});

test("the columns are those that kubectl users know", () => {
  const shown = tableColumns(pod).map(({ name, priority }) => (priority === 0 ? name : `(${name})`));
  expect(shown.join(" ")).toBe(
    "Name Ready Status Restarts Age (IP) (Node) (Nominated Node) (Readiness Gates)",
  );
});
