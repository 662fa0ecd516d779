/** What a deployment notes on its replica sets, with the keys that kubectl reads (`rollout history`, `undo`). */

import type { Deployment } from "../../../model/kinds/apps/deployment/deployment.ts";
import type { ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";

export const revisionAnnotation = "deployment.kubernetes.io/revision";
export const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
export const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";

/** Speak of the deployment object itself, not of a revision of it. */
const notCopied: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
]);
/** Revisions remembered of a template that was rolled back to again and again, in characters. */
const historyMaxLength = 2000;

export type Annotations = Readonly<Record<string, string>>;

export function revisionOf(set: ReplicaSet): number {
  return numberIn(set.metadata.annotations, revisionAnnotation) ?? 0;
}

export function numberIn(annotations: Annotations | undefined, key: string): number | undefined {
  const text = annotations?.[key];
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

/** Annotations of the set that stands for the present template: its revision is above every other's. */
export function newSetAnnotations(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): Record<string, string> {
  const present = newSet?.metadata.annotations ?? {};
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key));
  const next: Record<string, string> = { ...present, ...Object.fromEntries(copied) };
  const wanted = Math.max(0, ...oldSets.map(revisionOf)) + 1;
  const before = numberIn(present, revisionAnnotation);
  if (before !== undefined && before >= wanted) return next;
  next[revisionAnnotation] = String(wanted);
  if (before !== undefined)
    next[revisionHistoryAnnotation] = historyWith(present[revisionHistoryAnnotation], before);
  return next;
}

function historyWith(history: string | undefined, revision: number): string {
  const entries = history === undefined || history === "" ? [] : history.split(",");
  entries.push(String(revision));
  while (entries.join(",").length > historyMaxLength) entries.shift();
  return entries.join(",");
}

export function sizeAnnotations(replicas: number, maxSurge: number): Record<string, string> {
  return {
    [desiredReplicasAnnotation]: String(replicas),
    [maxReplicasAnnotation]: String(replicas + maxSurge),
  };
}
