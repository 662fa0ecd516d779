/** What of the past goes, and why. Pure. */

import { isEnded } from "../../model/kinds/build/build-phases.ts";
import type { Job } from "../../model/kinds/batch/job/job.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Housekeeping } from "../../model/kinds/nagi/housekeeping/housekeeping.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { controllerOf, type KubeObject } from "../../model/meta.ts";

export interface Past {
  readonly builds: readonly Build[];
  readonly releases: readonly Release[];
  readonly pods: readonly Pod[];
  readonly jobs: readonly Job[];
}

export interface OldObject {
  readonly kind: "build" | "pod" | "job";
  readonly object: KubeObject;
  readonly endedMs: number;
  /** Why nobody needs it: a clause. */
  readonly why: string;
}

type Policy = Housekeeping["spec"];

/** Oldest first. What others still look at stays: builds of releases, pods of jobs, jobs of cron jobs. */
export function planHousekeeping(past: Past, policy: Policy, nowMs: number): OldObject[] {
  return [
    ...oldBuilds(past, policy, nowMs),
    ...oldPods(past, policy, nowMs),
    ...oldJobs(past, policy, nowMs),
  ].toSorted((a, b) => a.endedMs - b.endedMs);
}

/** Those of build configurations have limits of their own. */
function oldBuilds({ builds, releases }: Past, policy: Policy, nowMs: number): OldObject[] {
  const { keepBuilds = 1, keepBuildsSeconds = 0 } = policy;
  const released = new Set(releases.map(({ metadata, spec }) => `${metadata.namespace}/${spec.build ?? ""}`));
  const ended = builds.filter((each) => isEnded(each) && each.metadata.labels?.["buildconfig"] === undefined);
  const byApp = Map.groupBy(ended, ({ metadata: { namespace, name, labels } }) => {
    return `${namespace}/${labels?.[appLabel] ?? name}`;
  });
  return [...byApp.values()].flatMap((own) =>
    own
      .toSorted((a, b) => buildEnd(b) - buildEnd(a))
      .slice(keepBuilds)
      .filter(({ metadata }) => !released.has(`${metadata.namespace}/${metadata.name}`))
      .filter((build) => nowMs - buildEnd(build) >= keepBuildsSeconds * 1000)
      .map((object) => ({
        kind: "build" as const,
        object,
        endedMs: buildEnd(object),
        why: `no release is of it, and ${keepBuilds} newer ones are kept`,
      })),
  );
}

function buildEnd({ metadata, status }: Build): number {
  return msOf(status?.completionTimestamp ?? metadata.creationTimestamp);
}

/** Whoever else made a pod still counts it, or would make it once more. */
const podMakers: ReadonlySet<string | undefined> = new Set([undefined, "ReplicaSet", "DaemonSet"]);

function oldPods({ pods }: Past, { keepEndedPodsSeconds = 0 }: Policy, nowMs: number): OldObject[] {
  return pods
    .filter(({ metadata, status }) => {
      const ended = status?.phase === "Succeeded" || status?.phase === "Failed";
      const isReleasePhase = (metadata.ownerReferences ?? []).some(({ kind }) => kind === "Release");
      return ended && metadata.deletionTimestamp === undefined && !isReleasePhase;
    })
    .filter((pod) => podMakers.has(controllerOf(pod)?.kind))
    .map((object) => ({ object, endedMs: podEnd(object) }))
    .filter(({ endedMs }) => nowMs - endedMs >= keepEndedPodsSeconds * 1000)
    .map((each) => ({
      ...each,
      kind: "pod" as const,
      why: each.object.status?.reason === "Evicted" ? "it was evicted" : "it ended",
    }));
}

function podEnd({ metadata, status }: Pod): number {
  const ends = (status?.containerStatuses ?? []).map(({ state }) => msOf(state?.terminated?.finishedAt));
  return Math.max(msOf(metadata.creationTimestamp), ...ends);
}

function oldJobs({ jobs }: Past, { keepEndedJobsSeconds = 0 }: Policy, nowMs: number): OldObject[] {
  return jobs.flatMap((object) => {
    const end = object.status?.conditions?.find(
      ({ type, status }) => status === "True" && (type === "Complete" || type === "Failed"),
    );
    const isOwn = controllerOf(object) === undefined && object.spec.ttlSecondsAfterFinished === undefined;
    if (end === undefined || !isOwn || object.metadata.deletionTimestamp !== undefined) return [];
    const endedMs = msOf(object.status?.completionTime ?? end.lastTransitionTime);
    if (nowMs - endedMs < keepEndedJobsSeconds * 1000) return [];
    return [{ kind: "job" as const, object, endedMs, why: "it ended" }];
  });
}

/** What says no time is very old. */
function msOf(time: string | undefined): number {
  return Date.parse(time ?? "") || 0;
}
