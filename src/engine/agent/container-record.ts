/** What the agent knows of one container, read from its labels and its state: nothing else is remembered. */

import type { ContainerDetails, ContainerSummary } from "../../lib/container-engine/engine-types.ts";

export const labels = {
  instance: "nagi.dev/instance",
  node: "nagi.dev/node",
  namespace: "nagi.dev/namespace",
  pod: "nagi.dev/pod",
  podUid: "nagi.dev/pod-uid",
  container: "nagi.dev/container",
  role: "nagi.dev/role",
  attempt: "nagi.dev/attempt",
  address: "nagi.dev/address",
  backoff: "nagi.dev/backoff-ms",
  image: "nagi.dev/image",
  stopSignal: "nagi.dev/stop-signal",
  grace: "nagi.dev/grace-seconds",
  terminationLog: "nagi.dev/termination-log",
  terminationPolicy: "nagi.dev/termination-policy",
  pauseId: "nagi.dev/pause-id",
} as const;

export type ContainerRole = "pause" | "init" | "app";
export type RunState = "created" | "running" | "exited";

export interface ContainerRecord {
  readonly id: string;
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  /** Name of the container in the pod; empty for the pause container. */
  readonly name: string;
  readonly role: ContainerRole;
  /** How many containers of this name were before it. */
  readonly attempt: number;
  /** Address of the pod; empty on the node's own network. */
  readonly address: string;
  /** How long the next one of this name waits when this one ends early. */
  readonly backoffMs: number;
  /** As the pod names it. */
  readonly image: string;
  readonly imageId: string;
  readonly stopSignal: string;
  readonly graceSeconds: number;
  /** File on the node that holds the last message; empty: none. */
  readonly terminationLog: string;
  /** Whether the end of the log serves as last message when there is none. */
  readonly logIsMessage: boolean;
  /** The pause container whose network it uses; empty: it has its own. */
  readonly pauseId: string;
  readonly tty: boolean;
  readonly state: RunState;
  /** Of its first process; 0 when it does not run. */
  readonly pid: number;
  readonly startedMs: number;
  readonly finishedMs: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Last message of a container that has ended. */
  readonly message: string;
}

export function runStateOf(status: string): RunState {
  switch (status) {
    case "running":
    case "paused":
    case "stopping":
    case "restarting":
      return "running";
    case "created":
    case "configured":
    case "initialized":
      return "created";
    default:
      return "exited";
  }
}

/** Undefined for a container that is not the agent's. */
export function recordOf(details: ContainerDetails): ContainerRecord | undefined {
  const { Id, Config, State } = details;
  const own = Config.Labels ?? {};
  const label = (name: keyof typeof labels): string => own[labels[name]] ?? "";
  if (label("podUid") === "") return undefined;
  const role = label("role");
  return {
    id: Id,
    node: label("node"),
    namespace: label("namespace"),
    pod: label("pod"),
    podUid: label("podUid"),
    name: label("container"),
    role: role === "pause" || role === "init" ? role : "app",
    attempt: numberOf(label("attempt")),
    address: label("address"),
    backoffMs: numberOf(label("backoff")),
    image: label("image"),
    imageId: details.Image,
    stopSignal: label("stopSignal") || "SIGTERM",
    graceSeconds: numberOf(label("grace")),
    terminationLog: label("terminationLog"),
    logIsMessage: label("terminationPolicy") === "FallbackToLogsOnError",
    pauseId: label("pauseId"),
    tty: Config.Tty,
    state: runStateOf(State.Status),
    pid: State.Pid,
    startedMs: timeOf(State.StartedAt),
    finishedMs: timeOf(State.FinishedAt),
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    message: "",
  };
}

/** Whether the list still says what the record says. */
export function isCurrent(record: ContainerRecord, summary: ContainerSummary): boolean {
  return record.state === runStateOf(summary.State);
}

/** The newest container of a name. */
export function latestOf(records: readonly ContainerRecord[], name: string): ContainerRecord | undefined {
  return newestFirst(records, name)[0];
}

export function newestFirst(records: readonly ContainerRecord[], name: string): ContainerRecord[] {
  return records
    .filter((record) => record.name === name && record.role !== "pause")
    .toSorted((a, b) => b.attempt - a.attempt);
}

/** In an order in which they can be removed: an engine keeps a container that others use. */
export function removalOrder(records: readonly ContainerRecord[]): ContainerRecord[] {
  return records.toSorted((a, b) => Number(a.role === "pause") - Number(b.role === "pause"));
}

function numberOf(text: string): number {
  const number = Number(text);
  return Number.isFinite(number) ? number : 0;
}

/** Zero when the engine gives its zero time. */
function timeOf(text: string): number {
  const time = Date.parse(text);
  return Number.isNaN(time) || time < 0 ? 0 : time;
}
