/** Pods that wait, crash or are not ready. What several pods of a process type have in common is told once. */

import { appLabel, processLabel } from "../../../model/kinds/nagi/app/app-names.ts";
import { findCondition } from "../../../model/conditions.ts";
import type { ContainerStateTerminated, ContainerStatus } from "../../../model/kinds/core/pod/pod-status.ts";
import type { Event } from "../../../model/kinds/core/event/event.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { ageText } from "../../../model/table.ts";
import type { Evidence, Finding } from "../evidence.ts";
import { readLastWords, type LastWords } from "./last-words.ts";

const quotedLinesMax = 8;
const quotedAroundMax = 4;
const suggestionsMax = 3;
/** A crash longer ago is history. */
const recentMs = 60 * 60 * 1000;

export function pendingPods({ pods, decisions }: Evidence): Finding[] {
  return groups(pods, (pod) => findCondition(pod.status?.conditions, "PodScheduled")?.status === "False").map(
    ({ process, first, count }) => {
      const { name = "" } = first.metadata;
      const condition = findCondition(first.status?.conditions, "PodScheduled");
      const suggestions = decisions.get(name)?.suggestions ?? [];
      return {
        cause: "NoNodeTakesIt",
        severity: "error",
        text: `${plural(count, `${process} pod`)} ${count === 1 ? "waits" : "wait"} for a node`,
        evidence: [`${name}: ${condition?.message ?? condition?.reason ?? "not decided yet"}`],
        next: [
          ...suggestions.slice(0, suggestionsMax).flatMap(({ summary, changes }) => {
            const commands = changes.flatMap(({ command }) => command ?? []);
            return commands.length === 0 ? [summary] : commands;
          }),
          `nagi why ${name}`,
        ],
      };
    },
  );
}

export function missingImages(evidence: Evidence): Finding[] {
  const isImage = (status: ContainerStatus): boolean => /Image/.test(status.state?.waiting?.reason ?? "");
  return groups(evidence.pods, (pod) => statuses(pod).some(isImage)).map(({ process, first, app }) => {
    const status = statuses(first).find(isImage);
    const { reason = "", message = "" } = status?.state?.waiting ?? {};
    return {
      cause: "NoImage",
      severity: "error",
      text: `the image of ${process} cannot be had`,
      evidence: [`${status?.image}: ${reason}${message === "" ? "" : `: ${message}`}`],
      next: [`nagi images --app ${app}`, ...rollbackAdvice(evidence, app), "nagi registry"],
    };
  });
}

export function crashes(evidence: Evidence): Finding[] {
  const { pods, nowMs } = evidence;
  return groups(pods, (pod) => lastEnd(pod, nowMs) !== undefined).flatMap((group) => {
    const end = lastEnd(group.first, nowMs);
    return end === undefined ? [] : [crash(evidence, group, end)];
  });
}

function crash(evidence: Evidence, { process, first, app }: Group, { status, terminated }: End): Finding {
  const { name = "" } = first.metadata;
  const { exitCode, reason = "Error", finishedAt } = terminated;
  const lines = evidence.lastLines.get(name) ?? [];
  const isMemory = reason === "OOMKilled";
  const words = isMemory ? memoryWords(first, app, process) : readLastWords(lines, exitCode);
  const what = status.ready ? "crashed and runs again" : "crashes";
  const why = words === undefined ? ` with exit code ${exitCode}` : `: ${words.text}`;
  const when = finishedAt === undefined ? "" : `, ${ageText(finishedAt, evidence.nowMs)} ago`;
  const times = plural(status.restartCount, "restart");
  return {
    cause: isMemory ? "OutOfMemory" : "Crashes",
    severity: status.ready ? "warning" : "error",
    text: `${process} ${what}${why}`,
    evidence: [`${name}: exit code ${exitCode} (${reason})${when}; ${times}`, ...excerpt(lines, words?.at)],
    next: [
      ...(words?.next ?? []).map((advice) => withApp(advice, app)),
      `nagi logs ${name} --previous`,
      ...rollbackAdvice(evidence, app),
    ],
  };
}

/** Around the line that tells, else the end. */
function excerpt(lines: readonly string[], at: number | undefined): string[] {
  const start = at === undefined ? Math.max(0, lines.length - quotedLinesMax) : Math.max(0, at - 1);
  return lines
    .slice(start, start + (at === undefined ? quotedLinesMax : quotedAroundMax))
    .map((line) => `| ${line}`);
}

function rollbackAdvice({ releases }: Evidence, app: string): string[] {
  return releases.length > 1 ? [`nagi rollback --app ${app}`] : [];
}

export function cannotStart({ pods }: Evidence): Finding[] {
  const stuck =
    /^(CreateContainerConfigError|CreateContainerError|RunContainerError|StartError|InvalidImageName)$/;
  const isStuck = (status: ContainerStatus): boolean => stuck.test(status.state?.waiting?.reason ?? "");
  return groups(pods, (pod) => statuses(pod).some(isStuck)).map(({ process, first, app }) => {
    const { reason = "", message = "" } = statuses(first).find(isStuck)?.state?.waiting ?? {};
    return {
      cause: "CannotStart",
      severity: "error",
      text: `the container of ${process} cannot be started`,
      evidence: [`${first.metadata.name}: ${reason}: ${message}`],
      next: [`nagi describe pod ${first.metadata.name}`, `nagi config --app ${app}`],
    };
  });
}

export function notReady(evidence: Evidence): Finding[] {
  const { events, listeners, lastLines } = evidence;
  return groups(evidence.pods, isUnready).map(({ process, first, count, app }) => {
    const { name = "", uid } = first.metadata;
    const port = first.spec.containers[0]?.ports?.[0]?.containerPort ?? 0;
    const open = listeners.get(name);
    const probe = events.findLast(
      ({ involvedObject, reason }) => involvedObject.uid === uid && reason === "Unhealthy",
    );
    const heard = open === undefined || port === 0 ? undefined : hearing(open, port);
    return {
      cause: heard?.cause ?? "NotReady",
      severity: "error",
      text:
        heard?.text(process) ??
        `${plural(count, `${process} pod`)} ${count === 1 ? "runs but is" : "run but are"} not ready`,
      evidence: [
        ...(heard?.evidence ?? []),
        ...(probe === undefined
          ? []
          : [`${name}: ${probe.message ?? ""}${sinceText(probe, evidence.nowMs)}`]),
        ...(lastLines.get(name) ?? []).slice(-quotedLinesMax).map((line) => `| ${line}`),
      ],
      next: [...(heard?.next ?? []), `nagi logs ${name}`, `nagi exec --app ${app} --pod ${name} -- sh`],
    };
  });
}

/** `; 12 times in 2m`. */
function sinceText({ count = 1, firstTimestamp }: Event, nowMs: number): string {
  return count < 2 || firstTimestamp === undefined
    ? ""
    : `; ${count} times in ${ageText(firstTimestamp, nowMs)}`;
}

interface Hearing {
  readonly cause: string;
  readonly evidence: readonly string[];
  readonly next: readonly string[];
  text(process: string): string;
}

function hearing(open: readonly { port: number; isLoopback: boolean }[], port: number): Hearing | undefined {
  const there = open.find((each) => each.port === port);
  if (there?.isLoopback === false) return undefined;
  if (there !== undefined)
    return {
      cause: "ListensOnLoopback",
      text: (process) => `${process} listens on 127.0.0.1 only, where the router cannot reach it`,
      evidence: [`it listens on 127.0.0.1:${port}`],
      next: ["let it listen on all addresses (0.0.0.0 or ::)"],
    };
  const others = open.map((each) => `${each.isLoopback ? "127.0.0.1" : "*"}:${each.port}`);
  return others.length === 0
    ? {
        cause: "DoesNotListen",
        text: (process) => `${process} runs, but listens on no port; PORT is ${port}`,
        evidence: ["no port is open in the pod"],
        next: [
          "let it listen on the port in PORT; a process type that serves no requests must not be named web",
        ],
      }
    : {
        cause: "WrongPort",
        text: (process) => `${process} listens on another port than the one in PORT, ${port}`,
        evidence: [`it listens on ${others.join(", ")}`],
        next: [
          `let it listen on the port in PORT; an image that cannot: nagi deploy --image IMAGE --port ${open[0]?.port}`,
        ],
      };
}

/** Runs, has not crashed just now, and is not ready. */
function isUnready(pod: Pod): boolean {
  return statuses(pod).some(
    ({ ready, state, restartCount }) => !ready && state?.running !== undefined && restartCount === 0,
  );
}

interface End {
  readonly status: ContainerStatus;
  readonly terminated: ContainerStateTerminated;
}

/** The end of a container that does not run, or did crash a short while ago. */
function lastEnd(pod: Pod, nowMs: number): End | undefined {
  for (const status of statuses(pod)) {
    const terminated = status.state?.terminated ?? status.lastState?.terminated;
    if (terminated === undefined) continue;
    const isRecent = nowMs - Date.parse(terminated.finishedAt ?? "") < recentMs;
    if (status.state?.running === undefined || isRecent) return { status, terminated };
  }
  return undefined;
}

function memoryWords(pod: Pod, app: string, process: string): LastWords {
  const limit = pod.spec.containers[0]?.resources?.limits?.["memory"];
  const text =
    limit === undefined
      ? "the machine had no memory left for it (OOMKilled)"
      : `it used more memory than its limit of ${limit} (OOMKilled)`;
  return { text, next: [`nagi info ${app}`, `give ${process} more memory, or find what holds it`] };
}

function withApp(advice: string, app: string): string {
  return advice.startsWith("nagi ") ? `${advice} --app ${app}` : advice;
}

interface Group {
  readonly process: string;
  readonly app: string;
  readonly first: Pod;
  readonly count: number;
}

function groups(pods: readonly Pod[], has: (pod: Pod) => boolean): Group[] {
  const byProcess = Map.groupBy(pods.filter(has), ({ metadata }) => metadata.labels?.[processLabel] ?? "");
  return [...byProcess].flatMap(([process, some]) => {
    const [first] = some;
    if (first === undefined) return [];
    return [{ process, app: first.metadata.labels?.[appLabel] ?? "", first, count: some.length }];
  });
}

function statuses({ status }: Pod): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
