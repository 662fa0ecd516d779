/** The columns of pods, with the STATUS that kubectl users know. */

import { orNone } from "../../../cells.ts";
import { isConditionTrue, findCondition } from "../../../conditions.ts";
import type { Column } from "../../../kind.ts";
import type { KubeObject } from "../../../meta.ts";
import { ageText } from "../../../table.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { ContainerStatus, PodStatus } from "./pod-status.ts";

interface PodLike extends KubeObject {
  spec: PodSpec;
  status?: PodStatus | undefined;
}

interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  readonly lastRestart: string | undefined;
}

interface Progress {
  ready: number;
  restarts: number;
  lastRestart: string | undefined;
}

/** The one word (or `Init:0/1`) that says how the pod is doing. */
export function podReason(pod: PodLike): string {
  return summarize(pod).reason;
}

function summarize(pod: PodLike): Summary {
  const { spec, status = {} } = pod;
  const sidecars = new Set(
    (spec.initContainers ?? [])
      .filter(({ restartPolicy }) => restartPolicy === "Always")
      .map(({ name }) => name),
  );
  const init = initSummary(status, spec.initContainers?.length ?? 0, sidecars);
  const initializing = init.reason !== undefined && !isConditionTrue(status.conditions, "Initialized");
  const main = initializing ? init.all : init.sidecars;
  const own = initializing ? undefined : containerSummary(status, main);
  const isGated = findCondition(status.conditions, "PodScheduled")?.reason === "SchedulingGated";
  const plain = isGated ? "SchedulingGated" : status.reason || status.phase || "Unknown";
  // What its containers say of their end is not why it ended.
  const isEvicted = status.reason === "Evicted";
  const reason = (isEvicted ? undefined : initializing ? init.reason : own) ?? plain;
  return { ...main, total: spec.containers.length + sidecars.size, reason: deletionReason(pod) ?? reason };
}

function deletionReason({ metadata, status }: PodLike): string | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined;
  if (status?.reason === "NodeLost") return "Unknown";
  const isOver = status?.phase === "Succeeded" || status?.phase === "Failed";
  return isOver ? undefined : "Terminating";
}

interface InitSummary {
  /** Of all init containers. */
  readonly all: Progress;
  /** Of those that keep running beside the containers. */
  readonly sidecars: Progress;
  readonly reason: string | undefined;
}

function initSummary(status: PodStatus, total: number, sidecarNames: ReadonlySet<string>): InitSummary {
  const all: Progress = { ready: 0, restarts: 0, lastRestart: undefined };
  const sidecars: Progress = { ready: 0, restarts: 0, lastRestart: undefined };
  let reason: string | undefined;
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecarNames.has(container.name);
    countRestarts(all, container);
    if (isSidecar) countRestarts(sidecars, container);
    if (container.state?.terminated?.exitCode === 0) continue;
    if (isSidecar && container.started === true) {
      if (container.ready) {
        all.ready += 1;
        sidecars.ready += 1;
      }
      continue;
    }
    reason ??= initReason(container, index, total);
  }
  return { all, sidecars, reason };
}

function initReason({ state }: ContainerStatus, index: number, total: number): string {
  if (state?.terminated !== undefined) return `Init:${endReason(state.terminated)}`;
  const waiting = state?.waiting?.reason ?? "";
  return waiting !== "" && waiting !== "PodInitializing" ? `Init:${waiting}` : `Init:${index}/${total}`;
}

function endReason(terminated: NonNullable<NonNullable<ContainerStatus["state"]>["terminated"]>): string {
  if (terminated.reason !== undefined && terminated.reason !== "") return terminated.reason;
  const { signal = 0, exitCode } = terminated;
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

/** The first container that has something to say decides; what is counted is added to `progress`. */
function containerSummary(status: PodStatus, progress: Progress): string | undefined {
  let reason: string | undefined;
  let isRunning = false;
  for (const container of (status.containerStatuses ?? []).toReversed()) {
    countRestarts(progress, container);
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting?.reason !== undefined && waiting.reason !== "") {
      ({ reason } = waiting);
    } else if (terminated !== undefined) {
      reason = endReason(terminated);
    } else if (container.ready && running !== undefined) {
      isRunning = true;
      progress.ready += 1;
    }
  }
  if (reason !== "Completed" || !isRunning) return reason;
  return isConditionTrue(status.conditions, "Ready") ? "Running" : "NotReady";
}

function countRestarts(progress: Progress, { restartCount, lastState }: ContainerStatus): void {
  progress.restarts += restartCount;
  const at = lastState?.terminated?.finishedAt;
  if (
    at !== undefined &&
    (progress.lastRestart === undefined || Date.parse(at) > Date.parse(progress.lastRestart))
  ) {
    progress.lastRestart = at;
  }
}

function restartsText({ restarts, lastRestart }: Summary, nowMs: number): string {
  if (restarts === 0 || lastRestart === undefined) return String(restarts);
  return `${restarts} (${ageText(lastRestart, nowMs)} ago)`;
}

function gatesText({ spec, status }: PodLike): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const passed = gates.filter(({ conditionType }) => isConditionTrue(status?.conditions, conditionType));
  return `${passed.length}/${gates.length}`;
}

export const podColumns: readonly Column<PodLike>[] = [
  {
    name: "Ready",
    type: "string",
    description: "How many of the containers are ready.",
    value: (pod) => {
      const { ready, total } = summarize(pod);
      return `${ready}/${total}`;
    },
  },
  { name: "Status", type: "string", description: "How the pod is doing, in one word.", value: podReason },
  {
    name: "Restarts",
    type: "string",
    description: "How often containers were started again, and when last.",
    value: (pod, { nowMs }) => restartsText(summarize(pod), nowMs),
  },
  {
    name: "IP",
    type: "string",
    priority: 1,
    description: "Address of the pod.",
    value: ({ status }) => orNone(status?.podIPs?.[0]?.ip ?? status?.podIP),
  },
  {
    name: "Node",
    type: "string",
    priority: 1,
    description: "Node of the pod.",
    value: ({ spec }) => orNone(spec.nodeName),
  },
  {
    name: "Nominated Node",
    type: "string",
    priority: 1,
    description: "Node where room is being made for the pod.",
    value: ({ status }) => orNone(status?.nominatedNodeName),
  },
  {
    name: "Readiness Gates",
    type: "string",
    priority: 1,
    description: "How many of the further conditions hold.",
    value: gatesText,
  },
];
