/**
 * Which release runs, and what becomes of each. Pure.
 *
 * What must stay true: the newest release is tried until it is live or has failed; when it has failed, the last live
 * one runs again (its pods never went away); at most one release is live.
 */

import { processLabel, releaseLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { findCondition } from "../../model/conditions.ts";
import type { Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { CanaryStatus } from "../../model/kinds/nagi/release/canary-status.ts";
import { overtakenMessage } from "../../model/kinds/nagi/release/overtaken.ts";
import type { Release, ReleaseStatus } from "../../model/kinds/nagi/release/release.ts";
import type { Condition } from "../../model/meta.ts";
import { worstProblem, type FailedChecks } from "./failure-reason.ts";
import { servedProcesses } from "./names.ts";
import { phaseCommand, phaseState } from "./release-phase.ts";
import { newestRelease } from "./release-plan.ts";

/** On a deployment: the name of the release that its template is of. */
export const deployedAnnotation = "nagi.dev/deployed-release";
/** A release whose pods make no progress for this long has failed. */
export const defaultStartTimeoutSeconds = 120;

/** Of a release that has all its pods and waits for the router. */
export const routingMessage = "all instances are ready; the router is being told";

export type Phase = NonNullable<ReleaseStatus["phase"]>;

export interface RolloutInput {
  readonly releases: readonly Release[];
  readonly deployments: readonly Deployment[];
  readonly pods: readonly Pod[];
  readonly failedChecks?: FailedChecks | undefined;
  /** Whether requests reach the release's pods, and no others; asked of one whose pods are all there. */
  readonly isRouted?: ((release: Release) => boolean) | undefined;
}

export interface PhaseChange {
  readonly release: Release;
  readonly phase: Phase;
  readonly message: string;
  /** RFC 3339: until when it goes on running for the way back; null: not any more. */
  readonly standbyUntil?: string | null | undefined;
  /** How far it is as a canary. */
  readonly canary?: CanaryStatus | undefined;
}

export interface Rollout {
  /** What the deployments should run. */
  readonly target: Release | undefined;
  /** Only what differs from the releases' present status. */
  readonly changes: readonly PhaseChange[];
}

export type Progress =
  | { readonly state: "complete" }
  | { readonly state: "moving"; readonly message: string }
  | { readonly state: "failed"; readonly message: string };

export function decideRollout(input: RolloutInput): Rollout {
  const latest = newestRelease(input.releases);
  if (latest === undefined) return { target: undefined, changes: [] };
  const others = input.releases.filter((release) => release !== latest);
  const lastLive = newestRelease(others.filter((release) => phaseOf(release) === "Live"));
  const wanted: PhaseChange[] = [decideLatest(latest, lastLive, input)];
  const isLive = wanted[0]?.phase === "Live";
  for (const release of others) {
    const phase = phaseOf(release);
    if (["Pending", "Releasing", "Deploying", "Held"].includes(phase)) {
      wanted.push({ release, phase: "Superseded", message: overtakenMessage(latest.spec.version) });
    } else if (phase === "Live" && (isLive || release !== lastLive)) {
      wanted.push({ release, phase: "Superseded", message: `v${latest.spec.version} is live` });
    }
  }
  const runs = wanted[0]?.phase === "Failed" ? (lastLive ?? latest) : latest;
  // Before its release phase has succeeded, a release has no pods.
  const target = isReleased(runs) ? runs : lastLive;
  return { target, changes: wanted.filter(isChange) };
}

function decideLatest(release: Release, lastLive: Release | undefined, input: RolloutInput): PhaseChange {
  const phase = phaseOf(release);
  const as = (next: Phase, message: string): PhaseChange => ({ release, phase: next, message });
  const present = as(phase, release.status?.message ?? "");
  if (phase === "Live" || phase === "Superseded") return present;
  if (!isReleased(release)) return decidePhase(release, lastLive, input);
  if (phase === "Pending" || phase === "Releasing") return as("Deploying", "starting");
  const progress = progressOf(release, input);
  const isRouted = progress.state !== "complete" || (input.isRouted?.(release) ?? true);
  // Stopped after it failed, it has shown nothing.
  if (phase === "Failed" && !hasInstances(release, input)) return present;
  if (!isRouted) return as("Deploying", routingMessage);
  if (progress.state === "complete") return as("Live", "all instances are ready");
  if (phase === "Failed") return present;
  if (progress.state === "moving") return as("Deploying", progress.message);
  return as("Failed", `${progress.message}${goesOn(lastLive)}`);
}

function hasInstances({ metadata }: Release, { deployments }: RolloutInput): boolean {
  const own = deployments.filter((each) => each.metadata.annotations?.[deployedAnnotation] === metadata.name);
  return own.some(({ spec }) => spec.replicas !== 0);
}

function goesOn(lastLive: Release | undefined): string {
  return lastLive === undefined ? "" : ` (v${lastLive.spec.version} goes on running)`;
}

export function isReleased(release: Release): boolean {
  const state = phaseState(release);
  return state === "none" || state === "Succeeded";
}

function decidePhase(release: Release, lastLive: Release | undefined, input: RolloutInput): PhaseChange {
  if (phaseState(release) === "Failed") {
    const why = release.status?.releasePhase?.message ?? "no reason is known";
    return { release, phase: "Failed", message: `release phase: ${why}${goesOn(lastLive)}` };
  }
  const other = input.releases.find((each) => each !== release && phaseState(each) === "Running");
  const isRunning = phaseState(release) === "Running";
  const message = isRunning
    ? `release phase runs: ${phaseCommand(release.spec)}`
    : other === undefined
      ? "release phase: starting"
      : `waits for the release phase of v${other.spec.version} to end`;
  return { release, phase: "Releasing", message };
}

/** How far the deployments are with the release. */
export function progressOf(release: Release, { deployments, pods, failedChecks }: RolloutInput): Progress {
  const messages: string[] = [];
  for (const process of servedProcesses(release.spec.processes).toSorted()) {
    const deployment = deployments.find(({ metadata }) => metadata.labels?.[processLabel] === process);
    const own = pods.filter(
      ({ metadata }) =>
        metadata.labels?.[processLabel] === process &&
        metadata.labels[releaseLabel] === `v${release.spec.version}`,
    );
    const progress = processProgress({ release, process, deployment, pods: own, failedChecks });
    if (progress.state === "failed") return progress;
    if (progress.state === "moving") messages.push(progress.message);
  }
  return messages.length === 0 ? { state: "complete" } : { state: "moving", message: messages.join("; ") };
}

interface ProcessInput {
  readonly release: Release;
  readonly process: string;
  readonly deployment: Deployment | undefined;
  readonly pods: readonly Pod[];
  readonly failedChecks: FailedChecks | undefined;
}

function processProgress(input: ProcessInput): Progress {
  const { release, process, deployment, pods, failedChecks } = input;
  if (deployment === undefined || !isObserved(deployment, release)) {
    return { state: "moving", message: `${process}: starting` };
  }
  const wanted = deployment.spec.replicas ?? 1;
  const { updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = deployment.status ?? {};
  const allNew = replicas === updatedReplicas && updatedReplicas >= wanted;
  if (allNew && availableReplicas >= wanted) return { state: "complete" };
  const problem = worstProblem(pods, failedChecks);
  if (problem?.final === true || isLate(deployment)) {
    const seconds = deployment.spec.progressDeadlineSeconds ?? defaultStartTimeoutSeconds;
    const overdue = `${process}: not ready after ${seconds} s without progress`;
    return { state: "failed", message: problem?.text ?? overdue };
  }
  const count = `${process}: ${pods.filter(isReady).length} of ${wanted} ready${settlesText(deployment)}`;
  return {
    state: "moving",
    message: problem === undefined || problem.early === true ? count : `${count}; ${problem.text}`,
  };
}

function settlesText({ spec: { minReadySeconds = 0 } }: Deployment): string {
  return minReadySeconds === 0 ? "" : `, to count after ${minReadySeconds} s`;
}

/** Whether the deployment's status speaks of this release. */
function isObserved({ metadata, status }: Deployment, release: Release): boolean {
  if (metadata.annotations?.[deployedAnnotation] !== release.metadata.name) return false;
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

function isLate({ status }: Deployment): boolean {
  const progressing = findCondition(status?.conditions, "Progressing");
  return progressing?.status === "False" && progressing.reason === "ProgressDeadlineExceeded";
}

function isReady(pod: Pod): boolean {
  return findCondition(pod.status?.conditions, "Ready")?.status === "True";
}

/** The phase as a condition, for `kubectl wait`. */
export function liveCondition(phase: Phase, message: string): Condition {
  return { type: "Live", status: phase === "Live" ? "True" : "False", reason: phase, message };
}

export function phaseOf(release: Release): Phase {
  return release.status?.phase ?? "Pending";
}

function isChange({ release, phase, message }: PhaseChange): boolean {
  return phase !== phaseOf(release) || message !== (release.status?.message ?? "");
}
