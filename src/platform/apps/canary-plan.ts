/**
 * What becomes of a canary: the release that runs beside the live one gets a growing share of the requests, until it has
 * them all or is given up. Pure. All that must be known of it is in its status, so that a Nagi that is killed goes on.
 */

import type { CanaryStatus } from "../../model/kinds/nagi/release/canary-status.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { canarySettings, countsText, countWindows, judge, stepFrom, type CanarySettings } from "./canary.ts";
import type { DeployInput, DeployPlan } from "./deploy-input.ts";
import { webPodsOf } from "./routed.ts";
import type { PhaseChange, Progress } from "./rollout.ts";

/** A router that has not told of what it serves for this long is not waited for any more. */
const allMs = 15_000;
/** Looked at again this soon, whatever the router tells. */
const lookMs = 5000;

export interface CanaryGiven {
  readonly input: DeployInput;
  readonly lastLive: Release;
  /** Of what runs beside. */
  readonly progress: Progress;
  /** Changes of other releases. */
  readonly others: readonly PhaseChange[];
  /** The live release gives way. */
  readonly giveWay: () => PhaseChange;
}

export function planCanary(latest: Release, given: CanaryGiven): DeployPlan {
  const { input, lastLive, progress } = given;
  const settings = canarySettings(input.app);
  const { nowMs, metrics } = input;
  const present = latest.status?.canary;
  if (present === undefined) {
    const first = stepFrom(undefined, { step: 0, weight: settings.steps[0] ?? 100 }, { metrics, nowMs });
    return going(latest, first, { ...given, settings });
  }
  if (present.weight === 100) return takeOver(latest, present, given);
  const counted = countWindows(present, { metrics, sideOf: sidesOf(latest, lastLive, input) });
  const verdict = judge(counted, settings, nowMs);
  const failed = progress.state === "failed" ? progress.message : undefined;
  const notReady = verdict.what === "next" && progress.state === "moving" ? progress.message : undefined;
  const why = failed ?? (verdict.what === "abort" ? verdict.why : notReady);
  if (why !== undefined) return giveUp(latest, { ...given, canary: counted, why });
  if (verdict.what === "wait") return going(latest, counted, { ...given, settings });
  return going(latest, nextStep(counted, settings, { metrics, nowMs }), { ...given, settings });
}

export function nextStep(
  canary: CanaryStatus,
  { steps }: CanarySettings,
  now: { readonly metrics: DeployInput["metrics"]; readonly nowMs: number },
): CanaryStatus {
  const step = (canary.step ?? 0) + 1;
  return stepFrom(canary, { step, weight: steps[step] ?? 100 }, now);
}

/**
 * By the ReplicaSets of the pods that are there, whose names theirs begin with: of a pod that ended the router still tells, and
 * of those of a canary before this one in the window in which this one begins.
 */
function sidesOf(
  latest: Release,
  lastLive: Release,
  { pods, beside }: DeployInput,
): (pod: string) => "new" | "before" | undefined {
  const setOf = (pod: string): string => pod.slice(0, pod.lastIndexOf("-"));
  const setsOf = (release: Release): Set<string> =>
    new Set(webPodsOf(release, pods).map(({ metadata }) => setOf(metadata.name ?? "")));
  const [own, before] = [setsOf(latest), setsOf(lastLive)];
  const besides = beside === undefined ? undefined : `${beside.metadata.name}-`;
  return (pod) => {
    if (own.has(setOf(pod))) return "new";
    // What was a canary and is live now has kept its instances, and their names.
    if (before.has(setOf(pod))) return "before";
    return besides !== undefined && pod.startsWith(besides) ? undefined : "before";
  };
}

function going(
  latest: Release,
  canary: CanaryStatus,
  { lastLive, others, settings }: CanaryGiven & { readonly settings: CanarySettings },
): DeployPlan {
  const message = canaryMessage(canary, settings, lastLive);
  const isSame = message === latest.status?.message && isCounted(canary, latest.status.canary);
  const change = { release: latest, phase: "Deploying" as const, message, canary };
  const shared = {
    beside: latest,
    changes: [...(isSame ? [] : [change]), ...others],
    requeueAfterMs: lookMs,
  };
  if (canary.weight === 100) return { target: lastLive, webTarget: lastLive, serving: latest, ...shared };
  return { target: lastLive, serving: lastLive, canaryWeight: canary.weight, ...shared };
}

function isCounted(canary: CanaryStatus, before: CanaryStatus | undefined): boolean {
  return before !== undefined && JSON.stringify(canary.countedUntil) === JSON.stringify(before.countedUntil);
}

export function canaryMessage(
  canary: CanaryStatus,
  { steps, intervalMs }: CanarySettings,
  lastLive: Release,
): string {
  const { weight, step = 0, paused } = canary;
  if (weight === 100) return "canary: all requests; the router is being told";
  const how = paused === true ? "paused" : `step ${step + 1} of ${steps.length}, ${intervalMs / 1000} s each`;
  return `canary: ${weight} % of the requests (${how}): ${countsText(canary, `v${lastLive.spec.version}`)}`;
}

function giveUp(
  latest: Release,
  { canary, why, lastLive, others }: CanaryGiven & { readonly canary: CanaryStatus; readonly why: string },
): DeployPlan {
  const before = `v${lastLive.spec.version}`;
  const message = `canary given up at ${canary.weight} %: ${why} (${countsText(canary, before)}). ${before} goes on running`;
  const change = { release: latest, phase: "Failed" as const, message, canary };
  return { target: lastLive, serving: lastLive, changes: [change, ...others] };
}

/** As a cutover: its service leads to the new release, and when its instances are all there and the router leads to them it is live. */
function takeOver(latest: Release, canary: CanaryStatus, given: CanaryGiven): DeployPlan {
  const { input, lastLive, progress, others, giveWay } = given;
  const running = { webTarget: lastLive, beside: latest, serving: latest };
  const waitedMs = input.nowMs - Date.parse(canary.since ?? "");
  const isLate = waitedMs >= allMs;
  if (progress.state === "failed" || (isLate && progress.state === "moving"))
    return giveUp(latest, { ...given, canary, why: progress.message });
  if (!isLate && (progress.state === "moving" || !input.isServed(latest)))
    return { ...running, target: lastLive, changes: others, requeueAfterMs: allMs - waitedMs };
  const live = { release: latest, phase: "Live" as const, message: "all instances are ready" };
  return { ...running, target: latest, changes: [live, giveWay(), ...others] };
}
