/** What a wish of a person changes in a deploy that is under way. Pure. */

import { planDeploy, standby, standbyOver } from "./deploy-plan.ts";
import { besideProgress, besideReleaseName, webOnly } from "./running-web.ts";
import type { DeployInput, DeployPlan } from "./deploy-input.ts";
import { deployWishOf, standbyUntilMs, type DeployWish } from "./deploy-wish.ts";
import { canaryMessage } from "./canary-plan.ts";
import { canarySettings, stepFrom } from "./canary.ts";
import { newestRelease } from "./release-plan.ts";
import { phaseOf, progressOf } from "./rollout.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";

/** A router that has not told of what it serves for this long is not waited for any more. */
export const cutoverWaitMs = 15_000;

export type WishedInput = DeployInput;

export interface WishedPlan extends DeployPlan {
  /** The wish is done, or cannot be: it is removed from the app. */
  readonly settled?: { readonly problem: string | undefined } | undefined;
}

export function planWishedDeploy(input: WishedInput): WishedPlan {
  const wish = deployWishOf(input.app);
  const plan = planDeploy(input);
  if (wish === undefined) return plan;
  if (wish === "unknown") return { ...plan, settled: { problem: "the wish cannot be read" } };
  const release = input.releases.find(({ spec }) => spec.version === wish.version);
  if (release === undefined) return { ...plan, settled: { problem: `there is no release v${wish.version}` } };
  switch (wish.action) {
    case "cutover":
      return planCutover(release, wish, { input, plan });
    case "back":
      return planBack(release, wish, { input, plan });
    case "cancel":
      return planCancel(release, { input, plan });
    case "finish":
      return planFinish(release, { plan });
    case "promote":
    case "pause":
    case "resume":
      return planCanaryWish(release, wish, { input, plan });
  }
}

interface Given {
  readonly input: WishedInput;
  readonly plan: DeployPlan;
}

const done = { problem: undefined };

function planCutover(release: Release, wish: DeployWish, { input, plan }: Given): WishedPlan {
  const version = `v${release.spec.version}`;
  const before = newestRelease(input.releases.filter((each) => each !== release && phaseOf(each) === "Live"));
  const gives = before === undefined ? [] : [standby(before, release, input)];
  const running = { target: release, webTarget: before ?? release, beside: release, serving: release };
  if (phaseOf(release) === "Live")
    return before === undefined ? { ...plan, settled: done } : { ...running, changes: gives, settled: done };
  const no = (why: string): WishedPlan => ({
    ...plan,
    settled: { problem: `cannot cut over to ${version}: ${why}` },
  });
  if (phaseOf(release) !== "Held" || release !== newestRelease(input.releases) || before === undefined)
    return no(`it is ${phaseOf(release)}, not Held: ${release.status?.message ?? "no reason is known"}`);
  const progress = besideProgress(release, input);
  if (progress.state !== "complete") return no(`it is not ready: ${progress.message}`);
  // Workers and the like follow when web has been cut over.
  const switched = { ...running, target: before, changes: [] };
  if (!mayGoOn(release, wish, input)) return { ...switched, requeueAfterMs: cutoverWaitMs };
  const live = { release, phase: "Live" as const, message: "all instances are ready" };
  return { ...running, changes: [live, ...gives], settled: done };
}

function planBack(release: Release, wish: DeployWish, { input, plan }: Given): WishedPlan {
  const version = `v${release.spec.version}`;
  const beside = input.releases.find(({ metadata }) => metadata.name === besideReleaseName(input));
  if (phaseOf(release) === "Live") return { ...plan, settled: done };
  if (standbyUntilMs(release) === undefined || beside === undefined)
    return {
      ...plan,
      settled: { problem: `${version} does not run any more. To deploy it anew: nagi rollback ${version}` },
    };
  const progress = progressOf(webOnly(release), input);
  if (progress.state !== "complete")
    return {
      ...plan,
      settled: { problem: `cannot go back to ${version}: it is not ready: ${progress.message}` },
    };
  const running = { target: release, webTarget: release, beside, serving: release };
  if (!mayGoOn(release, wish, input)) return { ...running, changes: [], requeueAfterMs: cutoverWaitMs };
  const held = { release: beside, phase: "Held" as const, message: `gave the requests back to ${version}` };
  const live = { release, phase: "Live" as const, message: "all instances are ready", standbyUntil: null };
  return { ...running, changes: [held, live], settled: done };
}

function mayGoOn(release: Release, { sinceMs }: DeployWish, { isServed, nowMs }: WishedInput): boolean {
  return isServed(release) || nowMs - sinceMs > cutoverWaitMs;
}

function planCancel(release: Release, { input, plan }: Given): WishedPlan {
  const version = `v${release.spec.version}`;
  const phase = phaseOf(release);
  if (phase === "Failed") return { ...plan, settled: done };
  const live = newestRelease(input.releases.filter((each) => phaseOf(each) === "Live"));
  const no = (why: string): WishedPlan => ({
    ...plan,
    settled: { problem: `cannot cancel ${version}: ${why}` },
  });
  if (phase === "Live" || phase === "Superseded")
    return no(`it is ${phase}. To go back from a live release: nagi rollback`);
  if (live === undefined) return no("no release before it was live, so there is nothing that could go on");
  const message = `cancelled (v${live.spec.version} goes on running)`;
  return { ...plan, changes: [{ release, phase: "Failed", message }], settled: done };
}

function planCanaryWish(release: Release, { action }: DeployWish, { input, plan }: Given): WishedPlan {
  const mine = plan.changes.find((each) => each.release === release);
  const canary = mine?.canary ?? release.status?.canary;
  const phase = mine?.phase ?? phaseOf(release);
  const lastLive = newestRelease(input.releases.filter((each) => phaseOf(each) === "Live"));
  if (action === "promote" && (phase === "Live" || canary?.weight === 100)) return { ...plan, settled: done };
  if (canary === undefined || phase !== "Deploying" || lastLive === undefined || canary.weight === 100)
    return {
      ...plan,
      settled: {
        problem: `cannot ${action} v${release.spec.version}: it is ${phase}, and no canary that is under way: ${release.status?.message ?? "no reason is known"}`,
      },
    };
  const settings = canarySettings(input.app);
  const { nowMs, metrics } = input;
  const next =
    action === "promote"
      ? stepFrom(canary, { step: settings.steps.length, weight: 100 }, { metrics, nowMs })
      : {
          ...canary,
          paused: action === "pause",
          ...(action === "resume" && { since: new Date(nowMs).toISOString() }),
        };
  const change = {
    release,
    phase: "Deploying" as const,
    message: canaryMessage(next, settings, lastLive),
    canary: next,
  };
  const others = plan.changes.filter((each) => each !== mine);
  return { ...plan, changes: [change, ...others], requeueAfterMs: 1, settled: done };
}

function planFinish(release: Release, { plan }: Pick<Given, "plan">): WishedPlan {
  if (standbyUntilMs(release) === undefined) return { ...plan, settled: done };
  return { ...plan, changes: [standbyOver(release)], settled: done };
}
