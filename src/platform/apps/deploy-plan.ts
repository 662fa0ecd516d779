/**
 * What runs where while a release is held beside the one that serves, and what a cutover changes. Pure.
 *
 * The main deployments of an app run one release; web of a held release runs in a second deployment, beside. Which of
 * both gets the requests is what the app's service selects, so that a cutover is one write. What must stay true: the
 * service selects a release whose instances are ready; what may be gone back to goes on running where it ran; whoever
 * is killed between two writes finds the wish again and goes on.
 */

import { releaseLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { defaultKeepSeconds } from "../../model/kinds/nagi/app/app-deploy.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import type { RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { planCanary } from "./canary-plan.ts";
import { recreateAnnotation } from "./deploy-strategy.ts";
import { standbyUntilMs } from "./deploy-wish.ts";
import { nextTrack, processLabel, servedProcesses, trackLabel, webProcess } from "./names.ts";
import { newestRelease } from "./release-plan.ts";
import {
  decideRollout,
  deployedAnnotation,
  isReleased,
  phaseOf,
  progressOf,
  routingMessage,
  type PhaseChange,
  type Progress,
  type RolloutInput,
} from "./rollout.ts";

export interface DeployInput extends RolloutInput {
  readonly app: App;
  /** That runs web of a release beside the main one. */
  readonly beside: Deployment | undefined;
  /** What the router counted for the routes that lead to the app. */
  readonly metrics: readonly RouteMetrics[];
  /** Whether the app's routes lead to ready instances of this release, and to no others. */
  readonly isServed: (release: Release) => boolean;
  /** Where the release beside can be looked at. */
  readonly previewUrl: string;
  /** Whether the router leads there to the release's instances; asked of one whose instances are all ready. */
  readonly isPreviewed: (release: Release) => boolean;
  readonly nowMs: number;
}

export interface DeployPlan {
  /** What the main deployments run. */
  readonly target: Release | undefined;
  /** What the main deployment of web runs, where that is another one. */
  readonly webTarget?: Release | undefined;
  /** Whose web runs beside; undefined: nothing does. */
  readonly beside?: Release | undefined;
  /** Whose instances get the requests; undefined: all of the app's. */
  readonly serving?: Release | undefined;
  /** Percent of the requests that what runs beside gets; undefined: none by weight. */
  readonly canaryWeight?: number | undefined;
  readonly changes: readonly PhaseChange[];
  readonly requeueAfterMs?: number | undefined;
}

export function planDeploy(input: DeployInput): DeployPlan {
  const latest = newestRelease(input.releases);
  if (latest === undefined) return { target: undefined, changes: [] };
  const lastLive = newestRelease(
    input.releases.filter((each) => each !== latest && phaseOf(each) === "Live"),
  );
  if (phaseOf(latest) === "Live") return planLive(latest, input);
  if (lastLive !== undefined && isHeld(latest, input)) return planHeld(latest, lastLive, input);
  return planRolling(lastLive, input);
}

/** Whether the release is to run beside the live one. What has a volume cannot: it would have two writers. */
export function isHeld({ spec, status }: Release, { deployments }: DeployInput): boolean {
  if (spec.hold !== true || !servedProcesses(spec.processes).includes(webProcess)) return false;
  const web = deployments.find(({ metadata }) => metadata.labels?.[processLabel] === webProcess);
  if (web?.metadata.annotations?.[recreateAnnotation] === "volume") return false;
  return ["Pending", "Releasing", "Deploying", "Held"].includes(status?.phase ?? "Pending");
}

/** The newest release is live: the one before may still run, for the way back. */
function planLive(latest: Release, input: DeployInput): DeployPlan {
  const { target, changes } = decideRollout(input);
  const [standby] = standbysOf(input);
  const leftMs = standby === undefined ? 0 : (standbyUntilMs(standby) ?? 0) - input.nowMs;
  const isBeside = besideReleaseName(input) === latest.metadata.name;
  if (standby !== undefined && leftMs > 0 && isBeside) {
    const running = { target, webTarget: standby, beside: latest, serving: latest };
    return { ...running, changes, requeueAfterMs: leftMs };
  }
  const over = standby === undefined ? [] : [standbyOver(standby)];
  const moves = isBeside && progressOf(webOnly(latest), input).state !== "complete";
  return { target, ...(moves && { beside: latest, serving: latest }), changes: [...changes, ...over] };
}

function planHeld(latest: Release, lastLive: Release, input: DeployInput): DeployPlan {
  const base = decideRollout({ ...input, deployments: [] });
  const others = base.changes.filter(({ release }) => release !== latest);
  const [before] = standbysOf(input);
  const over = before === undefined ? [] : [standbyOver(before)];
  const kept = { target: lastLive, serving: lastLive };
  const stays = besideReleaseName(input) === lastLive.metadata.name ? lastLive : undefined;
  if (!isReleased(latest)) {
    const isSplit = stays !== undefined || hasOthersBeside(lastLive, input);
    return {
      target: lastLive,
      beside: stays,
      serving: isSplit ? lastLive : undefined,
      changes: base.changes,
    };
  }
  const change = (phase: PhaseChange["phase"], message: string): PhaseChange[] =>
    phase === phaseOf(latest) && message === latest.status?.message
      ? []
      : [{ release: latest, phase, message }];
  const version = `v${lastLive.spec.version}`;
  const isFree =
    stays === undefined
      ? isAlone(lastLive, input)
      : progressOf(webOnly(lastLive), input).state === "complete";
  // What has begun goes on: the live release may change its number meanwhile.
  const isBegun = besideReleaseName(input) === latest.metadata.name;
  if (before !== undefined || !(isFree || isBegun)) {
    const waits = change("Deploying", `web: waits until all instances of ${version} are ready`);
    const serving = stays !== undefined || hasOthersBeside(lastLive, input) ? lastLive : undefined;
    return { target: lastLive, beside: stays, serving, changes: [...waits, ...others, ...over] };
  }
  const progress = besideProgress(latest, input);
  const isTold = phaseOf(latest) === "Held" || progress.state !== "complete" || input.isPreviewed(latest);
  const seen: Progress = isTold ? progress : { state: "moving", message: routingMessage };
  const isCanary = latest.spec.canary === true && (isBegun || latest.status?.canary !== undefined);
  if (isCanary && (latest.status?.canary !== undefined || seen.state === "complete")) {
    const giveWay = (): PhaseChange => standby(lastLive, latest, input);
    return planCanary(latest, { input, lastLive, progress, others, giveWay });
  }
  const found = heldChange(latest, seen, `${version} at ${input.previewUrl}`);
  const mine = change(found.phase, found.message.replace("{version}", version));
  const beside = found.phase === "Failed" ? undefined : latest;
  return { ...kept, beside, changes: [...mine, ...others] };
}

function heldChange(
  latest: Release,
  progress: Progress,
  where: string,
): { phase: PhaseChange["phase"]; message: string } {
  const command = `nagi cutover ${latest.spec.app}`;
  if (progress.state === "complete")
    return { phase: "Held", message: `ready, beside ${where}. To give it the requests: ${command}` };
  if (phaseOf(latest) === "Held")
    return { phase: "Held", message: `beside ${where}, and not ready: ${progress.message}` };
  if (progress.state === "failed")
    return { phase: "Failed", message: `${progress.message} ({version} goes on running)` };
  return { phase: "Deploying", message: progress.message };
}

/** As for any app; what serves from beside goes on there until another one is live in the main deployments. */
function planRolling(lastLive: Release | undefined, input: DeployInput): DeployPlan {
  const left = lastLive !== undefined && hasOthersBeside(lastLive, input);
  const { target, changes } = decideRollout(input);
  const standbys = standbysOf(input).map(standbyOver);
  const isDone = changes.some(({ phase }) => phase === "Live");
  if (lastLive === undefined || isDone) return { target, changes: [...changes, ...standbys] };
  // The service leads to the live release alone, so no other one takes over before what was beside is gone.
  if (left && besideReleaseName(input) !== lastLive.metadata.name)
    return { target: lastLive, serving: lastLive, changes: [...changes, ...standbys] };
  const settled = target === lastLive && progressOf(webOnly(lastLive), input).state === "complete";
  const stays = besideReleaseName(input) === lastLive.metadata.name && !settled;
  const serving = stays ? { beside: lastLive, serving: lastLive } : {};
  return { target, ...serving, changes: [...changes, ...standbys] };
}

/** How far web of a release is that runs beside. */
export function besideProgress(release: Release, input: DeployInput): Progress {
  const { beside } = input;
  return progressOf(webOnly(release), { ...input, deployments: beside === undefined ? [] : [beside] });
}

/** The release without its other processes. */
export function webOnly({ spec, ...release }: Release): Release {
  return { ...release, spec: { ...spec, processes: { [webProcess]: spec.processes[webProcess] ?? {} } } };
}

/** Whether no instance of another release is left in the main deployment of web. */
function isAlone({ metadata }: Release, { deployments }: DeployInput): boolean {
  const web = deployments.find((each) => each.metadata.labels?.[processLabel] === webProcess);
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0 } = web?.status ?? {};
  return (
    web?.metadata.annotations?.[deployedAnnotation] === metadata.name &&
    observedGeneration >= (web?.metadata.generation ?? 0) &&
    replicas === updatedReplicas
  );
}

export function besideReleaseName({ beside }: DeployInput): string | undefined {
  return beside?.metadata.annotations?.[deployedAnnotation];
}

/** Whether instances are left beside that are not of this release. */
function hasOthersBeside({ spec }: Release, { pods }: DeployInput): boolean {
  return pods.some(
    ({ metadata: { labels = {} } }) =>
      labels[trackLabel] === nextTrack && labels[releaseLabel] !== `v${spec.version}`,
  );
}

/** What gave way and still runs for the way back. */
function standbysOf({ releases }: DeployInput): Release[] {
  return releases.filter((each) => standbyUntilMs(each) !== undefined);
}

export function standbyOver(release: Release): PhaseChange {
  return { release, phase: "Superseded", message: release.status?.message ?? "", standbyUntil: null };
}

/** The live release gives way to another one and goes on running for the way back. */
export function standby(release: Release, by: Release, { app, nowMs }: DeployInput): PhaseChange {
  const ownKeepSeconds = by.spec.canary === true ? 0 : defaultKeepSeconds;
  const keepMs = (app.spec?.deploy?.keepSeconds ?? ownKeepSeconds) * 1000;
  const standbyUntil = new Date(nowMs + keepMs).toISOString();
  return { release, phase: "Superseded", message: `v${by.spec.version} is live`, standbyUntil };
}
