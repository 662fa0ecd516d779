/**
 * How the main deployment of web takes over the instances of a release that ran beside it. It is paused with the same template;
 * the one beside is deleted and leaves its ReplicaSet, which the main one adopts and, being complete, ends its old one for. Pure.
 */

import { webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import type { Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { templateMark } from "./app-objects.ts";
import type { DeployInput, DeployPlan } from "./deploy-input.ts";
import { adoptingAnnotation, templateAnnotation } from "./names.ts";
import { newestRelease } from "./release-plan.ts";
import { decideRollout, deployedAnnotation, progressOf } from "./rollout.ts";
import { besideReleaseName, webOf, webOnly } from "./running-web.ts";

/** So long it may take; after that the main deployment starts its own. */
const adoptionMs = 30_000;

/** Web of the live release runs beside and is to run in the main deployment. */
export function moving(live: Release, input: DeployInput): Pick<DeployPlan, "beside" | "serving" | "adopts"> {
  return { beside: live, serving: live, ...(mayAdopt(live, input) && { adopts: "prepare" }) };
}

/** Whether what the main deployment would start is what runs beside. Somebody who paused it wants nothing to change. */
function mayAdopt(live: Release, { app, beside, deployments }: DeployInput): boolean {
  const mark = templateMark(app, { target: live, process: webProcess });
  const isSame = beside?.metadata.annotations?.[templateAnnotation] === mark;
  const main = webOf(deployments);
  return isSame && main !== undefined && main.spec.paused !== true;
}

/** Whether the main deployment of web waits to take over instances of this release. */
export function isAdopting(live: Release, input: DeployInput): boolean {
  const annotations = webOf(input.deployments)?.metadata.annotations;
  const sinceMs = Date.parse(annotations?.[adoptingAnnotation] ?? "");
  return (
    annotations?.[deployedAnnotation] === live.metadata.name &&
    input.nowMs - sinceMs < adoptionMs &&
    progressOf(webOnly(live), input).state !== "complete"
  );
}

/**
 * The one beside lets go of them only when the deployment controller has seen the pause and the template: it would take them
 * for old ones otherwise, and end them. A newer release waits for these few moments.
 */
export function planAdoption(live: Release, input: DeployInput): DeployPlan {
  const main = webOf(input.deployments);
  const isSeen = (main?.status?.observedGeneration ?? 0) >= (main?.metadata.generation ?? 0);
  const isLatest = live === newestRelease(input.releases);
  return {
    target: live,
    serving: live,
    adopts: isSeen ? "take" : "prepare",
    ...(besideReleaseName(input) === live.metadata.name && { beside: live }),
    changes: isLatest ? decideRollout(input).changes : [],
    requeueAfterMs: adoptionMs,
  };
}

/** The main deployment while it waits; `from`: the one beside, while it is there. */
export function waiting(main: Deployment, from: Deployment | undefined, nowIso: string): Deployment {
  const annotations = { [adoptingAnnotation]: nowIso, ...main.metadata.annotations };
  const template = from?.spec.template ?? main.spec.template;
  return {
    ...main,
    metadata: { ...main.metadata, annotations },
    spec: { ...main.spec, paused: true, template },
  };
}

/** The main deployment when it has not to wait, or not any more. */
export function goingOn(main: Deployment): Deployment {
  const { [adoptingAnnotation]: since, ...annotations } = main.metadata.annotations ?? {};
  // Who paused it otherwise has their reasons.
  if (since === undefined) return main;
  const { paused: _, ...spec } = main.spec;
  return { ...main, metadata: { ...main.metadata, annotations }, spec };
}
