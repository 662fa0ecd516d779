/** What the platform did with an app, as lines of its log: told from the difference between two versions of an object. Pure. */

import type { Build } from "../../model/kinds/build/build/build.ts";
import type { Event } from "../../model/kinds/core/event/event.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { podSource } from "./pod-source.ts";

/** Events of pods that are worth a line: what the other lines do not tell. */
const toldEvents = new Set([
  "FailedScheduling",
  "Unhealthy",
  "Failed",
  "FailedMount",
  "FailedPostStartHook",
  "FailedPreStopHook",
  "Preempted",
  "Evicted",
  "TaintManagerEviction",
]);

export function releaseLines(before: Release | undefined, after: Release): string[] {
  const { version, cause, createdBy, description } = after.spec;
  const { phase = "Pending", message = "" } = after.status ?? {};
  const told: string[] = [];
  if (before === undefined) {
    const why = [cause ?? description, createdBy === undefined ? undefined : `by ${createdBy}`];
    const reason = why.filter((part) => part !== undefined && part !== "").join(" ");
    told.push(`Release v${version} was made${reason === "" ? "" : `: ${reason}`}`);
  }
  if (phase === (before?.status?.phase ?? "Pending")) return told;
  const text: Readonly<Record<string, string>> = {
    Releasing: `Release v${version} runs its release phase`,
    Deploying: `Release v${version} is being deployed`,
    Held: `Release v${version} is ready and held: nagi cutover makes it serve`,
    Live: `Release v${version} is live`,
    Superseded: `Release v${version} has been superseded`,
    Failed: `Release v${version} failed: ${message}`,
  };
  const line = text[phase];
  return line === undefined ? told : [...told, line];
}

export function buildLines(before: Build | undefined, after: Build): string[] {
  const { phase, message = "", reason = "" } = after.status ?? {};
  const name = after.metadata.name ?? "";
  if (phase === before?.status?.phase) return [];
  switch (phase) {
    case "Running":
      return [`Build ${name} has begun`];
    case "Complete":
      return [`Build ${name} is complete`];
    case "Failed":
    case "Error":
      return [`Build ${name} failed: ${message === "" ? reason : message}`];
    case "Cancelled":
      return [`Build ${name} was cancelled`];
    default:
      return [];
  }
}

/** Scaling: what is wanted of each process type, whoever wanted it. */
export function appLines(before: App, after: App): string[] {
  const [old, now] = [before.status?.processes ?? {}, after.status?.processes ?? {}];
  return Object.entries(now).flatMap(([type, { desired }]) => {
    const from = old[type]?.desired;
    return from === undefined || from === desired ? [] : [`Scaled ${type} from ${from} to ${desired}`];
  });
}

export function podLines(before: Pod, after: Pod, app: string): string[] {
  return (after.status?.containerStatuses ?? []).flatMap((status) => {
    const old = before.status?.containerStatuses?.find(({ name }) => name === status.name);
    // What was asked to end has not crashed.
    if (old === undefined || after.metadata.deletionTimestamp !== undefined) return [];
    const source = podSource(after, status.name, app);
    return containerLines(old, status).map((text) => `${source} ${text}`);
  });
}

type ContainerStatus = NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>[number];

function containerLines(before: ContainerStatus, after: ContainerStatus): string[] {
  const [{ state: was, lastState: wasLast }, { state, lastState }] = [before, after];
  const end = state?.terminated ?? lastState?.terminated;
  const known = [was?.terminated?.containerID, wasLast?.terminated?.containerID];
  const told: string[] = [];
  if (end !== undefined && !known.includes(end.containerID))
    told.push(end.reason === "OOMKilled" ? "was killed: it used all of its memory" : exitText(end.exitCode));
  const crashLoop = "CrashLoopBackOff";
  if (state?.waiting?.reason === crashLoop && was?.waiting?.reason !== crashLoop)
    told.push(`waits before it is started again: ${after.restartCount} restarts so far`);
  if (after.restartCount > before.restartCount)
    told.push(`was started again (restart ${after.restartCount})`);
  return told;
}

function exitText(exitCode: number): string {
  return exitCode === 0 ? "ended by itself" : `crashed with exit code ${exitCode}`;
}

/** Undefined for what is not worth one. */
export function eventLine(event: Event, pod: Pod, app: string): string | undefined {
  if (!toldEvents.has(event.reason ?? "")) return undefined;
  const text = (event.message ?? "").replaceAll(/\s*\n\s*/g, " ");
  return `${podSource(pod, undefined, app)}: ${event.reason}: ${text}`;
}
