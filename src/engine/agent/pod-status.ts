/** What is said of a pod: computed from its containers, its probes and what failed. Pure. */

import { setCondition } from "../../model/conditions.ts";
import type { Condition } from "../../model/meta.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type {
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  PodStatus,
} from "../../model/kinds/core/pod/pod-status.ts";
import { newestFirst, type ContainerRecord, type ContainerRole } from "./container-record.ts";
import {
  givenUpMs,
  isSidecar,
  needsPause,
  restarts,
  startErrorExitCode,
  type HealthView,
  type StartFailure,
} from "./plan.ts";
import { qosClassOf } from "./resources.ts";
import { listeningCondition } from "../../model/kinds/core/pod/listening-condition.ts";

export interface StatusInput {
  readonly pod: Pod;
  readonly records: readonly ContainerRecord[];
  readonly nowMs: number;
  readonly failures: ReadonlyMap<string, StartFailure>;
  readonly crashWaits: ReadonlyMap<string, number>;
  readonly healthOf: (id: string) => HealthView | undefined;
  readonly podIP: string;
  readonly hostIP: string;
  /** `podman` or `docker`, before the ids. */
  readonly runtime: string;
  /** The pod is over before its containers said so. */
  readonly ended?: { readonly reason: string; readonly message: string } | undefined;
  /** The status that was said before. */
  readonly previous: PodStatus | undefined;
}

/** Of a pod that gave way because the machine ran short. */
export const evictedReason = "Evicted";

type Phase = NonNullable<PodStatus["phase"]>;

export function computePodStatus(input: StatusInput): PodStatus {
  const { pod, nowMs, podIP, hostIP, ended, previous } = input;
  const { containers, initContainers = [] } = pod.spec;
  const initStatuses = initContainers.map((container) => containerStatus(input, container, "init"));
  const statuses = containers.map((container) => containerStatus(input, container, "app"));
  // A pod that is over is said to be so when nothing of it runs any more, and never changes again.
  const over = ended !== undefined && !input.records.some(({ state }) => state === "running");
  const phase = over ? "Failed" : phaseOf(pod, initStatuses, statuses);
  const hasNetwork = podIP !== "" && input.records.length > 0;
  return {
    phase,
    conditions: [...conditionsOf(input, { phase, initStatuses, statuses })],
    ...(ended === undefined ? {} : { reason: ended.reason, message: ended.message }),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(hasNetwork ? { podIP, podIPs: [{ ip: podIP }] } : {}),
    startTime: previous?.startTime ?? isoOf(nowMs),
    ...(initStatuses.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
    qosClass: qosClassOf(pod),
  };
}

export function isTerminal(phase: string | undefined): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

export function isEvicted(status: PodStatus | undefined): boolean {
  return status?.reason === evictedReason;
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function isoOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

function containerStatus(input: StatusInput, container: Container, role: ContainerRole): ContainerStatus {
  const [last, before] = newestFirst(input.records, container.name).filter(
    ({ state }) => state !== "created",
  );
  const { state, usesLast } = stateOf(input, { container, role, last });
  const previous = usesLast ? last : before;
  const common = { name: container.name, state, image: container.image ?? "" };
  if (last === undefined) {
    const told = toldStatus(input, container.name, role);
    const { restartCount = 0, lastState = {} } = told ?? {};
    return { ...common, lastState, ready: false, restartCount, started: false };
  }
  const health = last.state === "running" ? input.healthOf(last.id) : undefined;
  const done = role === "init" && !isSidecar(container) && last.state === "exited" && last.exitCode === 0;
  return {
    ...common,
    lastState: previous === undefined ? {} : { terminated: terminatedState(previous, input.runtime) },
    ready: done || health?.ready === true,
    restartCount: last.attempt,
    imageID: last.imageId,
    containerID: `${input.runtime}://${last.id}`,
    started: health?.started === true,
  };
}

function toldStatus({ pod }: StatusInput, name: string, role: ContainerRole): ContainerStatus | undefined {
  const told = role === "init" ? pod.status?.initContainerStatuses : pod.status?.containerStatuses;
  return told?.find((status) => status.name === name);
}

interface StateInput {
  readonly container: Container;
  readonly role: ContainerRole;
  readonly last: ContainerRecord | undefined;
}

/** `usesLast`: the newest container has ended and the state speaks of its successor. */
function stateOf(
  input: StatusInput,
  { container, role, last }: StateInput,
): { readonly state: ContainerState; readonly usesLast: boolean } {
  const { pod, failures, crashWaits, runtime } = input;
  if (last?.state === "running")
    return { state: { running: { startedAt: isoOf(last.startedMs) } }, usesLast: false };
  const failure = failures.get(container.name);
  const endMs = givenUpMs(input, container, role);
  if (endMs !== undefined) {
    return { state: { terminated: startErrorState(endMs, failure?.message ?? "") }, usesLast: false };
  }
  if (failure !== undefined) {
    return {
      state: { waiting: { reason: failure.reason, message: failure.message } },
      usesLast: last !== undefined,
    };
  }
  if (last === undefined) return { state: { waiting: { reason: waitingReason(pod) } }, usesLast: false };
  const waitUntilMs = crashWaits.get(container.name);
  const again = restarts(pod, container, role, last.exitCode) && pod.metadata.deletionTimestamp === undefined;
  if (!again || waitUntilMs === undefined || input.ended !== undefined) {
    return { state: { terminated: terminatedState(last, runtime) }, usesLast: false };
  }
  const { name, namespace, uid } = pod.metadata;
  const delay = durationText(last.backoffMs);
  const message = `back-off ${delay} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
  return { state: { waiting: { reason: "CrashLoopBackOff", message } }, usesLast: true };
}

function waitingReason({ spec }: Pod): string {
  return (spec.initContainers ?? []).length > 0 ? "PodInitializing" : "ContainerCreating";
}

/** `10s`, `2m40s`, `5m0s`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

export function terminatedState(record: ContainerRecord, runtime: string): ContainerStateTerminated {
  const { exitCode, oomKilled, message, startedMs, finishedMs, id } = record;
  const ordinary = exitCode === 0 ? "Completed" : "Error";
  return {
    exitCode,
    reason: oomKilled ? "OOMKilled" : ordinary,
    ...(message === "" ? {} : { message }),
    startedAt: isoOf(startedMs),
    finishedAt: isoOf(finishedMs),
    containerID: `${runtime}://${id}`,
  };
}

/** As Kubernetes has it: it never started, and ended when it was tried. */
function startErrorState(endMs: number, message: string): ContainerStateTerminated {
  const exitCode = startErrorExitCode;
  return { exitCode, reason: "StartError", message, startedAt: isoOf(0), finishedAt: isoOf(endMs) };
}

function phaseOf(pod: Pod, inits: readonly ContainerStatus[], statuses: readonly ContainerStatus[]): Phase {
  const { initContainers = [], containers } = pod.spec;
  const plainInits = inits.filter((_, index) => !isSidecar(initContainers[index] ?? { name: "" }));
  const failedInit = plainInits.find(({ state, lastState }) => {
    const code = state?.terminated?.exitCode ?? lastState?.terminated?.exitCode ?? 0;
    return code !== 0 && state?.terminated !== undefined && pod.spec.restartPolicy === "Never";
  });
  if (failedInit !== undefined) return "Failed";
  const anyStarted = statuses.some(({ state, lastState }) => {
    return (
      state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined
    );
  });
  if (!anyStarted) return "Pending";
  const codes = statuses.map(({ state }) => state?.terminated?.exitCode);
  const over = statuses.every(({ state }, index) => {
    const container = containers[index];
    if (container === undefined || state?.terminated === undefined) return false;
    return !restarts(pod, container, "app", state.terminated.exitCode);
  });
  if (over) return codes.every((code) => code === 0) ? "Succeeded" : "Failed";
  const untouched = statuses.some(({ state, lastState }) => {
    return state?.waiting !== undefined && lastState?.terminated === undefined;
  });
  return untouched ? "Pending" : "Running";
}

interface Parts {
  readonly phase: Phase;
  readonly initStatuses: readonly ContainerStatus[];
  readonly statuses: readonly ContainerStatus[];
}

function conditionsOf(input: StatusInput, parts: Parts): readonly Condition[] {
  const { pod, nowMs, records } = input;
  const now = isoOf(nowMs);
  const hasSandbox = needsPause(pod)
    ? records.some(({ role, state }) => role === "pause" && state === "running")
    : records.some(({ state }) => state === "running");
  const containersReady = containersCondition(parts);
  const wanted: Condition[] = [
    { type: "PodReadyToStartContainers", status: hasSandbox ? "True" : "False" },
    initializedCondition(pod, parts),
    containersReady,
    readyCondition(pod, containersReady),
  ];
  wanted.push(...listeningConditions(input), ...disruptionConditions(input));
  // Conditions of others, for instance PodScheduled, stay as they are.
  const told = (input.previous?.conditions ?? pod.status?.conditions ?? []) as readonly Condition[];
  const others = told.filter(({ type }) => type !== listeningCondition);
  return wanted.reduce<readonly Condition[]>((list, condition) => setCondition(list, condition, now), others);
}

/** Why the agent itself ends a pod, in its DisruptionTarget condition; others have reasons of their own. */
export const kubeletDisruptionReason = "TerminationByKubelet";

/** For whoever counts failures, a job for instance: this one was not the pod's own. */
function disruptionConditions({ ended }: StatusInput): Condition[] {
  if (ended?.reason !== evictedReason) return [];
  const { message } = ended;
  return [{ type: "DisruptionTarget", status: "True", reason: kubeletDisruptionReason, message }];
}

/** Only there while a container runs and nobody gets a connection to it. */
function listeningConditions({ records, healthOf }: StatusInput): Condition[] {
  const texts = records.flatMap(({ id, state }) =>
    state === "running" ? (healthOf(id)?.listening ?? []) : [],
  );
  const [message] = texts;
  if (message === undefined) return [];
  return [{ type: listeningCondition, status: "False", reason: "OtherAddress", message }];
}

function initializedCondition(pod: Pod, { phase, initStatuses, statuses }: Parts): Condition {
  const { initContainers = [] } = pod.spec;
  const begun = statuses.some(({ containerID }) => containerID !== undefined);
  const incomplete = initStatuses.filter((status, index) => {
    const sidecar = isSidecar(initContainers[index] ?? { name: "" });
    return sidecar ? status.started !== true : status.state?.terminated?.exitCode !== 0;
  });
  const type = "Initialized";
  if (incomplete.length === 0 || begun || phase === "Succeeded") return { type, status: "True" };
  const message = `containers with incomplete status: [${incomplete.map(({ name }) => name).join(" ")}]`;
  return { type, status: "False", reason: "ContainersNotInitialized", message };
}

function containersCondition({ phase, statuses }: Parts): Condition {
  const type = "ContainersReady";
  if (phase === "Succeeded") return { type, status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { type, status: "False", reason: "PodFailed" };
  const unready = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  if (unready.length === 0) return { type, status: "True" };
  const message = `containers with unready status: [${unready.join(" ")}]`;
  return { type, status: "False", reason: "ContainersNotReady", message };
}

function readyCondition(pod: Pod, containersReady: Condition): Condition {
  if (containersReady.status !== "True") return { ...containersReady, type: "Ready" };
  const gates = pod.spec.readinessGates ?? [];
  const closed = gates.filter(({ conditionType }) => {
    return pod.status?.conditions?.find(({ type }) => type === conditionType)?.status !== "True";
  });
  if (closed.length === 0) return { type: "Ready", status: "True" };
  const message = closed.map(
    ({ conditionType }) =>
      `corresponding condition of pod readiness gate "${conditionType}" does not exist or is not "True".`,
  );
  return { type: "Ready", status: "False", reason: "ReadinessGatesNotReady", message: message.join(", ") };
}
