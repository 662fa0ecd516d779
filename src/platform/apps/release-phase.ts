/**
 * The release phase: a command that runs once, in the new image with the new config, before the release serves.
 * Pure; `release-phase-runner.ts` carries it out.
 *
 * It is one pod with a fixed name. What must stay true: the pod is made once; a pod that is gone before its end was
 * seen counts as a failure, never as a reason to run the command again.
 */

import type { ResourceRequirements } from "../../model/kinds/core/resources.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { volumeParts, type AppVolume } from "../../model/kinds/nagi/app/app-volumes.ts";
import type { Release, ReleaseSpec, ReleaseStatus } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { controllerRef } from "../../model/meta.ts";
import { worstProblem } from "./failure-reason.ts";
import { releasePodName, releaseProcess } from "./names.ts";
import { podLabels, podOptions, processContainer } from "./pod-template.ts";

export const defaultTimeoutSeconds = 600;
/** How long the pod is kept after its end, for whoever reads its log. */
export const podKeepMs = 10 * 60_000;
/** Between SIGTERM and the end, when its time is over. */
const graceSeconds = 10;
/** After the time-out, for the agent to end the pod itself. */
const overdueMs = 20_000;

export type PhaseStatus = NonNullable<ReleaseStatus["releasePhase"]>;

/** The command of the release phase; undefined when the release has none. */
export function phaseCommand({ processes, postDeploy }: ReleaseSpec): string | undefined {
  const command = processes[releaseProcess]?.command;
  if (command !== undefined && postDeploy !== undefined) return `(${command}) && (${postDeploy})`;
  return command ?? postDeploy;
}

/** Whether the release may serve as far as its release phase is concerned. */
export function phaseState({
  spec,
  status,
}: Release): "none" | "waiting" | "Running" | "Succeeded" | "Failed" {
  if (phaseCommand(spec) === undefined) return "none";
  return status?.releasePhase?.state ?? "waiting";
}

export function releasePod(
  release: Release,
  resources: ResourceRequirements | undefined,
  seen: readonly AppVolume[] = [],
): Pod {
  const { name = "", namespace } = release.metadata;
  const command = phaseCommand(release.spec);
  const owner = { ...controllerRef(release), apiVersion: "nagi.dev/v1", kind: "Release" };
  const metadata = {
    name: releasePodName(name),
    namespace,
    labels: podLabels(release, releaseProcess),
    ownerReferences: [owner],
  };
  const { volumes, volumeMounts } = volumeParts(seen);
  const container = {
    ...processContainer(release, releaseProcess, command),
    ...volumeMounts,
    ...(resources && { resources }),
  };
  return newObject<Pod>(pod, metadata, {
    spec: {
      ...podOptions,
      ...volumes,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: graceSeconds,
      activeDeadlineSeconds: timeoutSeconds(release),
      containers: [container],
    },
  });
}

function timeoutSeconds({ spec }: Release): number {
  return spec.releaseTimeoutSeconds ?? defaultTimeoutSeconds;
}

export type PhaseOutcome =
  | { readonly state: "Running"; readonly leftMs: number }
  | { readonly state: "Succeeded"; readonly exitCode: number }
  | { readonly state: "Failed"; readonly message: string; readonly exitCode?: number | undefined };

/** How the release phase stands, by its pod. */
export function phaseOutcome(release: Release, found: Pod | undefined, nowMs: number): PhaseOutcome {
  const seconds = timeoutSeconds(release);
  if (found === undefined || found.metadata.uid !== release.status?.releasePhase?.podUID) {
    const message = "its pod was removed before it ended; what it did until then is done";
    return { state: "Failed", message };
  }
  const { status = {}, metadata } = found;
  const ended = status.containerStatuses?.[0]?.state?.terminated;
  if (status.phase === "Succeeded") return { state: "Succeeded", exitCode: ended?.exitCode ?? 0 };
  if (status.phase === "Failed") return failedOutcome(status.reason, ended, seconds);
  const problem = worstProblem([found]);
  if (problem?.final === true) return { state: "Failed", message: problem.text };
  const leftMs = Date.parse(metadata.creationTimestamp ?? "") + seconds * 1000 + overdueMs - nowMs;
  if (leftMs > 0) return { state: "Running", leftMs };
  const isLate = status.phase === "Running";
  return { state: "Failed", message: isLate ? lateText(seconds) : unstartedText(seconds, problem?.text) };
}

function failedOutcome(reason: string | undefined, ended: Ended | undefined, seconds: number): PhaseOutcome {
  const message = reason === "DeadlineExceeded" ? lateText(seconds) : endText(ended, reason);
  return { state: "Failed", message, exitCode: ended?.exitCode };
}

function lateText(seconds: number): string {
  return `it did not end within ${seconds} s and was stopped`;
}

function unstartedText(seconds: number, why: string | undefined): string {
  return `it did not start within ${seconds} s${why === undefined ? "" : `: ${why}`}`;
}

interface Ended {
  readonly exitCode: number;
  readonly signal?: number | undefined;
  readonly reason?: string | undefined;
}

function endText(ended: Ended | undefined, reason: string | undefined): string {
  if (ended === undefined) return `its pod failed${reason === undefined ? "" : ` (${reason})`}`;
  if (ended.reason === "OOMKilled") {
    return `it used more memory than its limit and was killed (OOMKilled, exit code ${ended.exitCode})`;
  }
  return `it ended with exit code ${ended.exitCode}`;
}
