/** Why pods of a release do not get ready, in words for whoever deployed it. */

import { processLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { ContainerStateTerminated, ContainerStatus } from "../../model/kinds/core/pod/pod-status.ts";
import { listeningCondition } from "../../model/kinds/core/pod/listening-condition.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { findCondition } from "../../model/conditions.ts";
import { refusedProgramText, unknownCommandText, unstartableText } from "./unstartable.ts";

/** So many restarts in a row are no accident. */
const crashMax = 2;
const quotedMaxCharacters = 600;

export interface PodProblem {
  /** Waiting longer will not help. */
  readonly final: boolean;
  /** It is so of every pod for a while: to be told only when it lasts. */
  readonly early?: boolean | undefined;
  readonly text: string;
}

/** The last that was heard of a check of a pod that failed. */
export interface FailedCheck {
  readonly check: "startup" | "readiness" | "liveness";
  /** What was asked and what came back. */
  readonly message: string;
  /** When it was so first. */
  readonly since: string;
}

export type FailedChecks = (pod: Pod) => FailedCheck | undefined;

const nothing: FailedChecks = () => undefined;

function checkText({ check, message, since }: FailedCheck): string {
  return `its ${check} check has failed since ${since}: ${quoted(message)}`;
}

/** Reasons to wait that go away by themselves too seldom to wait for it. */
const hopeless: readonly string[] = ["ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"];

/** The worst of what is wrong with the pods; undefined when nothing is. */
export function worstProblem(pods: readonly Pod[], failed: FailedChecks = nothing): PodProblem | undefined {
  const problems = pods.flatMap((pod) => problemOf(pod, failed(pod)) ?? []);
  return problems.find(({ final }) => final) ?? problems[0];
}

function problemOf(pod: Pod, failed: FailedCheck | undefined): PodProblem | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return undefined;
  const process = pod.metadata.labels?.[processLabel] ?? pod.metadata.name ?? "";
  const scheduled = findCondition(pod.status?.conditions, "PodScheduled");
  if (scheduled?.status === "False") {
    return {
      final: false,
      text: `${process}: no node takes it: ${scheduled.message ?? scheduled.reason ?? ""}`,
    };
  }
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const status of statuses) {
    if (status.ready) continue;
    const container = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
      ({ name }) => name === status.name,
    );
    const found =
      programProblem(status, container) ??
      containerProblem(status, failed) ??
      unreadyProblem(status, pod, failed);
    if (found !== undefined) return { ...found, text: `${process}: ${found.text}` };
  }
  return undefined;
}

/** That there is nothing to run: every further try ends the same. */
function programProblem(
  { state, lastState }: ContainerStatus,
  container: Container | undefined,
): PodProblem | undefined {
  if (state?.running !== undefined) return undefined;
  const ended = state?.terminated ?? lastState?.terminated;
  const { waiting } = state ?? {};
  const refused =
    waiting?.reason === "RunContainerError"
      ? waiting.message
      : ended?.reason === "StartError"
        ? ended.message
        : undefined;
  const text = unstartableText(refused ?? "", container) ?? endedText(ended, container);
  return text === undefined ? undefined : { final: true, text };
}

/** That a process ended which never became the program. */
function endedText(
  ended: ContainerStateTerminated | undefined,
  container: Container | undefined,
): string | undefined {
  const { exitCode = 0, message = "" } = ended ?? {};
  const isUnknown = exitCode === 127 || exitCode === 126;
  const text = isUnknown ? unknownCommandText(message, container) : undefined;
  return exitCode === 0 ? undefined : (text ?? refusedProgramText(message));
}

function containerProblem(status: ContainerStatus, failed: FailedCheck | undefined): PodProblem | undefined {
  const { state, lastState, restartCount, image } = status;
  const ended = state?.terminated ?? lastState?.terminated;
  if (ended !== undefined) {
    const why =
      ended.reason === "OOMKilled"
        ? "it used more memory than its limit and was killed (OOMKilled, exit code 137)"
        : codeText(ended);
    const said =
      ended.message === undefined || ended.message.trim() === "" ? "" : `: ${quoted(ended.message)}`;
    const final = restartCount >= crashMax && state?.running === undefined;
    const checked = failed === undefined || failed.check === "readiness" ? "" : `; ${checkText(failed)}`;
    return { final, text: `the process ended, ${why}${checked}${said}` };
  }
  const waiting = state?.waiting;
  if (
    waiting?.reason === undefined ||
    waiting.reason === "ContainerCreating" ||
    waiting.reason === "PodInitializing"
  ) {
    return undefined;
  }
  const final = hopeless.includes(waiting.reason);
  const what = /Image/.test(waiting.reason) ? `cannot get the image ${image}` : "cannot start";
  return {
    final,
    text: `${what} (${waiting.reason})${waiting.message === undefined ? "" : `: ${quoted(waiting.message)}`}`,
  };
}

function codeText({ exitCode, signal }: { exitCode: number; signal?: number | undefined }): string {
  if (signal !== undefined && signal !== 0) return `signal ${signal}`;
  return exitCode === 0 ? "exit code 0, though it should go on running" : `exit code ${exitCode}`;
}

function unreadyProblem(
  { name, state }: ContainerStatus,
  { spec, status }: Pod,
  failed: FailedCheck | undefined,
): PodProblem | undefined {
  if (state?.running === undefined) return undefined;
  const probe = spec.containers.find((container) => container.name === name)?.readinessProbe;
  const port = probe?.tcpSocket?.port;
  if (port === undefined) {
    const why = failed === undefined ? "" : `: ${checkText(failed)}`;
    return { final: false, early: true, text: `it runs, but is not ready${why}` };
  }
  const seen = findCondition(status?.conditions, listeningCondition)?.message;
  const what = seen ?? `nothing listens on port ${port}`;
  return {
    final: false,
    early: true,
    text: `it runs, but ${what}; the app must listen on the port in PORT, on all addresses (0.0.0.0)`,
  };
}

/** Where in the code it was, line after line, which pushes out what was wrong. */
const stackFrame = /^\s*(?:at |from |\.\.\. \d+ more)/;

/** The end says more than the beginning; whole lines, without the stack. */
function quoted(message: string): string {
  const lines = message.trim().split("\n");
  const telling = lines.filter((line) => !stackFrame.test(line));
  const text = (telling.length === 0 ? lines : telling).join("\n").trim();
  if (text.length <= quotedMaxCharacters) return text;
  const end = text.slice(-quotedMaxCharacters);
  return `... ${end.slice(end.indexOf("\n") + 1)}`;
}
