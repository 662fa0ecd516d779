/** What is said of an app as a whole: `status`, with conditions that a person can use. Pure. */

import { replicasOf } from "../../model/kinds/nagi/app/process-replicas.ts";
import { cronLabel, processLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { setCondition } from "../../model/conditions.ts";
import type { Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { App, AppStatus } from "../../model/kinds/nagi/app/app.ts";
import { isWaitingForAddons } from "../../model/kinds/nagi/app/wanted-addons.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import type { Condition } from "../../model/meta.ts";
import { appHost } from "./app-objects.ts";
import { urlOf, type RouterPorts } from "./app-url.ts";
import { worstProblem, type FailedChecks } from "./failure-reason.ts";
import { releaseProcess, servedProcesses } from "./names.ts";
import { newestRelease } from "./release-plan.ts";
import { phaseOf } from "./rollout.ts";

export interface StatusInput {
  readonly app: App;
  /** With the phases that were just decided. */
  readonly releases: readonly Release[];
  readonly target: Release | undefined;
  readonly deployments: readonly Deployment[];
  readonly pods: readonly Pod[];
  readonly failedChecks?: FailedChecks | undefined;
  readonly routes: readonly Route[];
  readonly domain: string;
  readonly ports: RouterPorts;
  readonly nowIso: string;
}

type Processes = NonNullable<AppStatus["processes"]>;

export function appStatus(input: StatusInput): AppStatus {
  const { app, releases, domain, ports, routes, nowIso } = input;
  const { name, namespace = "default" } = app.metadata;
  const latest = newestRelease(releases);
  const live = newestRelease(releases.filter((release) => phaseOf(release) === "Live"));
  const processes = processCounts(input);
  const ownRoute = routes.find(({ metadata }) => metadata.name === name);
  let conditions: readonly Condition[] = app.status?.conditions ?? [];
  for (const condition of [released(app, latest), ready(input, processes), routed(input)]) {
    conditions = setCondition(conditions, condition, nowIso);
  }
  const latestVersion = Math.max(app.status?.latestVersion ?? 0, latest?.spec.version ?? 0);
  return {
    ...app.status,
    url: urlOf(appHost(app, domain), ownRoute, ports),
    gitPath: namespace === "default" ? `/${name}.git` : `/${namespace}/${name}.git`,
    ...(live === undefined ? {} : { currentRelease: live.metadata.name, image: live.spec.image }),
    ...(latestVersion === 0 ? {} : { latestVersion }),
    processes,
    conditions: [...conditions],
  };
}

function processCounts({ app, target, deployments, pods, failedChecks }: StatusInput): Processes {
  const names = servedProcesses(target?.spec.processes ?? {}).toSorted();
  return Object.fromEntries(
    names.map((process) => {
      const found = deployments.find(({ metadata }) => metadata.labels?.[processLabel] === process);
      // An autoscaler may have chosen another number than the app's own.
      const desired = found?.spec.replicas ?? replicasOf(app, process);
      const ready = Math.min(desired, found?.status?.availableReplicas ?? 0);
      const own = pods.filter(
        ({ metadata, status }) => metadata.labels?.[processLabel] === process && status?.phase !== "Failed",
      );
      const problem = ready < desired ? worstProblem(own, failedChecks) : undefined;
      return [process, { desired, ready, ...(problem?.final === true ? { problem: problem.text } : {}) }];
    }),
  );
}

function released(app: App, latest: Release | undefined): Condition {
  const no = (reason: string, message: string): Condition => ({
    type: "Released",
    status: "False",
    reason,
    message,
  });
  if (latest === undefined && isWaitingForAddons(app))
    return no("WaitingForAddons", "the first release waits for the add-ons of app.json: nagi addons");
  if (latest === undefined)
    return no("NoRelease", "nothing is deployed yet: push to the app, or deploy an image");
  const version = `v${latest.spec.version}`;
  const phase = phaseOf(latest);
  if (phase === "Live")
    return { type: "Released", status: "True", reason: "Live", message: `${version} is live` };
  if (phase === "Failed") return no("ReleaseFailed", `${version} failed: ${latest.status?.message ?? ""}`);
  return no("Deploying", `${version}: ${latest.status?.message ?? "starting"}`);
}

function ready({ target, pods, failedChecks }: StatusInput, processes: Processes): Condition {
  const no = (reason: string, message: string): Condition => ({
    type: "Ready",
    status: "False",
    reason,
    message,
  });
  if (target === undefined) return no("NoRelease", "nothing is deployed yet");
  const missing = Object.entries(processes).filter(([, counts]) => counts.ready < counts.desired);
  if (missing.length === 0) {
    const message = "all instances are ready";
    return { type: "Ready", status: "True", reason: "AllReady", message };
  }
  const counts = missing
    .map(([name, counts]) => `${name}: ${counts.ready} of ${counts.desired} ready`)
    .join("; ");
  const oneOff = ["run", releaseProcess];
  const problem = worstProblem(
    pods.filter(
      ({ metadata: { labels = {} } }) =>
        labels[cronLabel] === undefined && !oneOff.includes(labels[processLabel] ?? ""),
    ),
    failedChecks,
  );
  return problem === undefined ? no("Starting", counts) : no("NotReady", `${counts}; ${problem.text}`);
}

function routed({ routes }: StatusInput): Condition {
  const refused = routes.flatMap(({ spec, status }) =>
    (status?.ingress ?? []).flatMap(({ conditions = [] }) =>
      conditions
        .filter(({ type, status: admitted }) => type === "Admitted" && admitted === "False")
        .map(({ reason = "", message = "" }) => ({ reason, message: `${spec.host}: ${message}` })),
    ),
  );
  const [first] = refused;
  if (first === undefined)
    return { type: "Routed", status: "True", reason: "Admitted", message: "all hosts are routed" };
  return {
    type: "Routed",
    status: "False",
    reason: first.reason,
    message: refused.map(({ message }) => message).join("; "),
  };
}
