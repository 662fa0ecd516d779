/** Labels, annotations and names that an app's objects share. */

import { appLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { controllerRef, type KubeObject, type ObjectMeta } from "../../model/meta.ts";

/** On an App: asks for a rollback to that version; removed when it is done. */
export const rollbackAnnotation = "nagi.dev/rollback-to";
/** On an App: asks for its newest release, which failed, to be tried again; removed when it is done. */
export const retryAnnotation = "nagi.dev/retry";
/** On an App: why the rollback or the retry that was asked for last cannot be. */
export const wishProblemAnnotation = "nagi.dev/wish-problem";
/** On a Build: the release of it is held. On an App: the release of this version is, for instance v7. */
export const holdAnnotation = "nagi.dev/hold";
/** On a Release: the one that it tries again. */
export const retryOfAnnotation = "nagi.dev/retry-of";
/** On an App, a Build or a config secret: who changed it, for the release's `createdBy`. The API server writes it. */
export const createdByAnnotation = "nagi.dev/created-by";
/** On a Build: who pushed what it builds. */
export const pushedByAnnotation = "nagi.dev/pushed-by";

/** On a deployment or cron job: what its template was made from. It is written when this changes, and only then. */
export const templateAnnotation = "nagi.dev/template";

/** On a deployment: since when it waits, paused, to take over the instances of what ran beside it (RFC 3339). */
export const adoptingAnnotation = "nagi.dev/adopting";

/** On what runs beside the release that serves. */
export const trackLabel = "nagi.dev/track";
export const nextTrack = "next";

/** The command of this type runs once a release, before it serves; it is no process of its own. */
export const releaseProcess = "release";
/** Of the web container, and of the service's target: releases may differ in the number. */
export const portName = "http";

/** How many releases an app keeps, the live one always included. */
export const defaultReleaseHistoryLimit = 20;

export function releaseName(app: string, version: number): string {
  return `${app}-v${version}`;
}

/** Of the pod that runs the release's release phase: the same name always, so that there is one. */
export function releasePodName(release: string): string {
  return `${release}-release`;
}

/** Of the ConfigMap with what the release phase said. */
export function outputName(release: string): string {
  return `${release}-output`;
}

/** The process types that go on running. */
export function servedProcesses(processes: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(processes).filter((name) => name !== releaseProcess);
}

export function deploymentName(app: string, process: string): string {
  return `${app}-${process}`;
}

/** Of the service and the preview's route of what runs beside the release that serves. */
export function besideName(app: string): string {
  return `${app}--${nextTrack}`;
}

/** Of the deployment that runs web of a release beside the main one; its pods' names begin so, too. */
export function besideDeploymentName(app: string): string {
  return besideName(deploymentName(app, webProcess));
}

/** Metadata of an object that belongs to the app and goes with it. */
export function ownedMeta(app: App, name: string, labels: Readonly<Record<string, string>> = {}): ObjectMeta {
  const { namespace, name: appName = "" } = app.metadata;
  return { name, namespace, labels: { [appLabel]: appName, ...labels }, ownerReferences: [ownerRefOf(app)] };
}

function ownerRefOf(app: App): ReturnType<typeof controllerRef> {
  return { ...controllerRef(app), apiVersion: "nagi.dev/v1", kind: "App" };
}

/** Whether the object belongs to this very app, not to an earlier one of its name. */
export function isOwnedBy(object: KubeObject, app: App): boolean {
  return object.metadata.ownerReferences?.some(({ uid }) => uid === app.metadata.uid) ?? false;
}
