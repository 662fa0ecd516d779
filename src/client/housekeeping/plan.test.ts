import { expect, test } from "vitest";
import type { Job } from "../../model/kinds/batch/job/job.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { planHousekeeping, type Past } from "./plan.ts";

const nowMs = Date.parse("2026-03-01T00:00:00Z");
const daysAgo = (days: number): string => new Date(nowMs - days * 86_400_000).toISOString();
const day = 86_400;
const policy = {
  keepBuilds: 2,
  keepBuildsSeconds: 7 * day,
  keepEndedPodsSeconds: day,
  keepEndedJobsSeconds: 7 * day,
};

function build(
  name: string,
  days: number,
  phase = "Complete",
  labels: object = { "nagi.dev/app": "shop" },
): Build {
  return {
    apiVersion: "build.openshift.io/v1",
    kind: "Build",
    metadata: { name, namespace: "default", labels: { ...labels } },
    spec: {},
    status: { phase, completionTimestamp: daysAgo(days) },
  } as unknown as Build;
}

function pod(
  name: string,
  days: number,
  given: { phase?: string; owner?: string; reason?: string } = {},
): Pod {
  const { phase = "Succeeded", owner, reason } = given;
  const controller = { apiVersion: "v1", kind: owner ?? "", name: "o", uid: "o", controller: true };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "default",
      creationTimestamp: daysAgo(100),
      ...(owner === undefined ? {} : { ownerReferences: [controller] }),
    },
    spec: { containers: [] },
    status: {
      phase,
      ...(reason === undefined ? {} : { reason }),
      containerStatuses: [
        { name: "main", state: { terminated: { exitCode: 0, finishedAt: daysAgo(days) } } },
      ],
    },
  } as unknown as Pod;
}

function job(name: string, days: number, given: { spec?: object; owner?: string; done?: boolean } = {}): Job {
  const controller = { apiVersion: "batch/v1", kind: given.owner, name: "o", uid: "o", controller: true };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace: "default",
      ...(given.owner === undefined ? {} : { ownerReferences: [controller] }),
    },
    spec: given.spec ?? {},
    status:
      given.done === false
        ? {}
        : { conditions: [{ type: "Failed", status: "True", lastTransitionTime: daysAgo(days) }] },
  } as unknown as Job;
}

const none: Past = { builds: [], releases: [], pods: [], jobs: [] };
const names = (past: Partial<Past>): (string | undefined)[] =>
  planHousekeeping({ ...none, ...past }, policy, nowMs).map(({ object }) => object.metadata.name);

test("of each app's builds the newest stay, and young ones, and those that releases are of", () => {
  const release = {
    metadata: { name: "r", namespace: "default" },
    spec: { build: "released" },
  } as unknown as Release;
  const builds = [
    build("newest", 20),
    build("newer", 30, "Failed"),
    build("released", 40),
    build("old", 50),
    build("oldest", 60, "Cancelled"),
    build("runs", 70, "Running"),
    build("other-app", 90, "Complete", { "nagi.dev/app": "blog" }),
    build("of-config", 90, "Complete", { "nagi.dev/app": "shop", buildconfig: "shop" }),
  ];
  expect(names({ builds, releases: [release] })).toEqual(["oldest", "old"]);
  expect(names({ builds: [build("a", 1), build("b", 2), build("c", 6)] })).toEqual([]);
});

test("ended pods go after a while, but not those that somebody counts or would make again", () => {
  const pods = [
    pod("one-off", 2),
    pod("evicted", 3, { phase: "Failed", owner: "ReplicaSet", reason: "Evicted" }),
    pod("young", 0.5),
    pod("runs", 5, { phase: "Running" }),
    pod("of-job", 5, { owner: "Job" }),
    pod("of-set", 5, { owner: "StatefulSet" }),
    pod("of-release", 5, { owner: "Release" }),
  ];
  expect(names({ pods })).toEqual(["evicted", "one-off"]);
});

test("ended jobs go, but not those that cron jobs or they themselves see to", () => {
  const jobs = [
    job("ended", 8),
    job("young", 6),
    job("runs", 8, { done: false }),
    job("of-cron", 8, { owner: "CronJob" }),
    job("own-time", 8, { spec: { ttlSecondsAfterFinished: 10_000_000 } }),
  ];
  expect(names({ jobs })).toEqual(["ended"]);
});
