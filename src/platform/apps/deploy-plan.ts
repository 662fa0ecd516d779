/**
 * What runs where while a release is held beside the one that serves, and what a cutover changes. Pure.
 *
 * The main deployments of an app run one release; web of a held release runs in a second deployment, beside. Which of
 * both gets the requests is what the app's service selects, so that a cutover is one write. What must stay true: the
 * service selects a release whose instances are ready; what may be gone back to goes on running where it ran; whoever
 * is killed between two writes finds the wish again and goes on.
 */

import { webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import { defaultKeepSeconds } from "../../model/kinds/nagi/app/app-deploy.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { isAdopting, moving, planAdoption } from "./adoption.ts";
import { planCanary } from "./canary-plan.ts";
import type { DeployInput, DeployPlan } from "./deploy-input.ts";
import { hasClaim, recreateAnnotation } from "./deploy-strategy.ts";
import { podTemplate, processOptions } from "./pod-template.ts";
import { standbyUntilMs } from "./deploy-wish.ts";
import { servedProcesses } from "./names.ts";
import { newestRelease } from "./release-plan.ts";
import {
  decideRollout,
  isReleased,
  phaseOf,
  progressOf,
  routingMessage,
  type PhaseChange,
  type Progress,
} from "./rollout.ts";
import {
  besideProgress,
  besideReleaseName,
  hasOldOnes,
  hasOthersBeside,
  isAlone,
  webOf,
  webOnly,
} from "./running-web.ts";

export function planDeploy(input: DeployInput): DeployPlan {
  const latest = newestRelease(input.releases);
  if (latest === undefined) return { target: undefined, changes: [] };
  const lastLive = newestRelease(
    input.releases.filter((each) => each !== latest && phaseOf(each) === "Live"),
  );
  const live = phaseOf(latest) === "Live" ? latest : lastLive;
  if (live !== undefined && isAdopting(live, input)) return planAdoption(live, input);
  if (phaseOf(latest) === "Live") return planLive(latest, input);
  // Where nothing serves yet, there is nothing to be held beside.
  if (lastLive !== undefined && hasWeb(lastLive)) {
    if (isHeld(latest, input)) return planHeld(latest, lastLive, input);
    if (gotVolumeBeside(latest, input)) return planGivenUp(latest, lastLive, input);
  }
  return planRolling(lastLive, input);
}

function hasWeb({ spec }: Release): boolean {
  return servedProcesses(spec.processes).includes(webProcess);
}

/** Whether the release is to run beside the live one. What has a volume cannot: it would have two writers. */
export function isHeld(release: Release, { app, deployments }: DeployInput): boolean {
  const { spec, status } = release;
  if (spec.hold !== true || !hasWeb(release)) return false;
  // It may have got one since the main deployment was made.
  if (hasVolume(release, app)) return false;
  const web = webOf(deployments);
  if (web?.metadata.annotations?.[recreateAnnotation] === "volume") return false;
  return ["Pending", "Releasing", "Deploying", "Held"].includes(status?.phase ?? "Pending");
}

function hasVolume(release: Release, app: DeployInput["app"]): boolean {
  return hasClaim(podTemplate({ release, process: webProcess, options: processOptions(app, webProcess) }));
}

/** Whether the release got a volume while it ran beside the live one: nobody has said yet that it may serve. */
function gotVolumeBeside({ spec, status, metadata }: Release, input: DeployInput): boolean {
  const isUnderWay = ["Releasing", "Deploying", "Held"].includes(status?.phase ?? "Pending");
  return spec.hold === true && isUnderWay && besideReleaseName(input) === metadata.name;
}

function planGivenUp(latest: Release, lastLive: Release, input: DeployInput): DeployPlan {
  const before = `v${lastLive.spec.version}`;
  const message = `web has a volume now, and so cannot run beside ${before}, which goes on running. Deploy again to have it`;
  const given = changed(latest, "Failed", message);
  return { target: lastLive, serving: lastLive, changes: [...given, ...standbysOver(input)] };
}

/** The newest release is live: the one before may still run, for the way back. */
function planLive(latest: Release, input: DeployInput): DeployPlan {
  const { target, changes } = decideRollout(input);
  const [standby] = standbysOf(input);
  const leftMs = standby === undefined ? 0 : (standbyUntilMs(standby) ?? 0) - input.nowMs;
  const isBeside = besideReleaseName(input) === latest.metadata.name;
  // Only one set of instances may have the volume: there is no way back, and nothing takes over bit by bit.
  if ((standby !== undefined || isBeside) && hasVolume(latest, input.app))
    return { target, serving: latest, changes: [...changes, ...standbysOver(input)] };
  if (standby !== undefined && leftMs > 0 && isBeside) {
    const running = { target, webTarget: standby, beside: latest, serving: latest };
    return { ...running, changes, requeueAfterMs: leftMs };
  }
  const over = standby === undefined ? [] : [standbyOver(standby)];
  const moves = isBeside && progressOf(webOnly(latest), input).state !== "complete";
  // It serves alone already, though its instances could not be taken over in time.
  const serving = hasOldOnes(latest, input) ? { serving: latest } : {};
  return { target, ...(moves ? moving(latest, input) : serving), changes: [...changes, ...over] };
}

function planHeld(latest: Release, lastLive: Release, input: DeployInput): DeployPlan {
  const base = decideRollout({ ...input, deployments: [] });
  const others = base.changes.filter(({ release }) => release !== latest);
  const [before] = standbysOf(input);
  const over = before === undefined ? [] : [standbyOver(before)];
  const stays = besideReleaseName(input) === lastLive.metadata.name ? lastLive : undefined;
  if (!isReleased(latest)) {
    const running = stays === undefined ? { serving: aloneOr(lastLive, input) } : moving(stays, input);
    return { target: lastLive, ...running, changes: base.changes };
  }
  const version = `v${lastLive.spec.version}`;
  const isFree =
    stays === undefined
      ? isAlone(lastLive, input)
      : progressOf(webOnly(lastLive), input).state === "complete";
  // What has begun goes on: the live release may change its number meanwhile.
  const isBegun = besideReleaseName(input) === latest.metadata.name;
  if (before !== undefined || !(isFree || isBegun)) {
    const waits = changed(latest, "Deploying", `web: waits until all instances of ${version} are ready`);
    const running = stays === undefined ? { serving: aloneOr(lastLive, input) } : moving(stays, input);
    return { target: lastLive, ...running, changes: [...waits, ...others, ...over] };
  }
  return planBeside(latest, { input, lastLive, others });
}

/** The release, where instances of others run that must get no requests; undefined where all serve. */
function aloneOr(release: Release, input: DeployInput): Release | undefined {
  return hasOthersBeside(release, input) || hasOldOnes(release, input) ? release : undefined;
}

function changed(release: Release, phase: PhaseChange["phase"], message: string): PhaseChange[] {
  const isSame = phase === phaseOf(release) && message === release.status?.message;
  return isSame ? [] : [{ release, phase, message }];
}

interface BesideGiven {
  readonly input: DeployInput;
  readonly lastLive: Release;
  readonly others: readonly PhaseChange[];
}

/** Nothing is in its way: it runs beside, and when it is ready it is held or gets its share. */
function planBeside(latest: Release, { input, lastLive, others }: BesideGiven): DeployPlan {
  const progress = besideProgress(latest, input);
  const isTold = phaseOf(latest) === "Held" || progress.state !== "complete" || input.isPreviewed(latest);
  const seen: Progress = isTold ? progress : { state: "moving", message: routingMessage };
  const { canary } = latest.status ?? {};
  // One that gave the requests back has had them all before, and is no canary any more.
  const isCanary = latest.spec.canary === true && phaseOf(latest) !== "Held";
  if (isCanary && (canary !== undefined || seen.state === "complete")) {
    const giveWay = (): PhaseChange => standby(lastLive, latest, input);
    return planCanary(latest, { input, lastLive, progress, others, giveWay });
  }
  const version = `v${lastLive.spec.version}`;
  const found = heldChange(latest, seen, `${version} at ${input.previewUrl}`);
  const mine = changed(latest, found.phase, found.message.replace("{version}", version));
  const beside = found.phase === "Failed" ? undefined : latest;
  return { target: lastLive, serving: lastLive, beside, changes: [...mine, ...others] };
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
  const standbys = standbysOver(input);
  const isDone = changes.some(({ phase }) => phase === "Live");
  if (lastLive === undefined || isDone) return { target, changes: [...changes, ...standbys] };
  // The service leads to the live release alone, so no other one takes over before what was beside is gone.
  if (left && besideReleaseName(input) !== lastLive.metadata.name)
    return { target: lastLive, serving: lastLive, changes: [...changes, ...standbys] };
  const isReady = target !== undefined && progressOf(webOnly(target), input).state === "complete";
  const stays = besideReleaseName(input) === lastLive.metadata.name && !(target === lastLive && isReady);
  // The router must lead to the new one before it is live.
  const serving = stays ? { beside: lastLive, serving: isReady ? target : lastLive } : {};
  return { target, ...serving, changes: [...changes, ...standbys] };
}

/** What gave way and still runs for the way back. */
function standbysOf({ releases }: DeployInput): Release[] {
  return releases.filter((each) => standbyUntilMs(each) !== undefined);
}

function standbysOver(input: DeployInput): PhaseChange[] {
  return standbysOf(input).map(standbyOver);
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
