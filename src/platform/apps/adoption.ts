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
import { besideProgress, besideReleaseName, webOf, webOnly } from "./running-web.ts";

/** So long it may take; after that the main deployment starts its own. */
const adoptionMs = 30_000;

/** Web of the live release runs beside and is to run in the main deployment. */
export function moving(live: Release, input: DeployInput): Pick<DeployPlan, "beside" | "serving" | "adopts"> {
  return { beside: live, serving: live, ...(mayAdopt(live, input) && { adopts: "prepare" }) };
}

/**
 * Whether what the main deployment would start is what runs beside, whole. Somebody who paused it wants nothing to change; one
 * that has waited for this release before starts its own.
 */
function mayAdopt(live: Release, input: DeployInput): boolean {
  const mark = templateMark(input.app, { target: live, process: webProcess });
  const isSame = input.beside?.metadata.annotations?.[templateAnnotation] === mark;
  const main = webOf(input.deployments);
  if (!isSame || main === undefined || main.spec.paused === true) return false;
  const isFirst = main.metadata.annotations?.[deployedAnnotation] !== live.metadata.name;
  return isFirst && besideProgress(live, input).state === "complete";
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
 * for old ones otherwise, and end them. And only when they are as many as the main one wants and ready, since it ends its own
 * for no less. A newer release waits for these few moments.
 */
export function planAdoption(live: Release, input: DeployInput): DeployPlan {
  const main = webOf(input.deployments);
  const isSeen = (main?.status?.observedGeneration ?? 0) >= (main?.metadata.generation ?? 0);
  const isBeside = besideReleaseName(input) === live.metadata.name;
  const isWhole =
    input.beside?.spec.replicas === main?.spec.replicas && besideProgress(live, input).state === "complete";
  const isLatest = live === newestRelease(input.releases);
  return {
    target: live,
    serving: live,
    adopts: isSeen && (isWhole || !isBeside) ? "take" : "prepare",
    ...(isBeside && { beside: live }),
    changes: isLatest ? decideRollout(input).changes : [],
    requeueAfterMs: adoptionMs,
  };
}

/** The main deployment while it waits; `from`: the one beside, while it is there. */
export function waiting(main: Deployment, from: Deployment | undefined, nowIso: string): Deployment {
  const annotations = { [adoptingAnnotation]: nowIso, ...main.metadata.annotations };
  const isSame =
    from?.metadata.annotations?.[templateAnnotation] === main.metadata.annotations?.[templateAnnotation];
  const template = isSame ? (from?.spec.template ?? main.spec.template) : main.spec.template;
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
