/**
 * The workload controllers: what turns wanted state (deployments, jobs, services, owners) into pods, endpoints
 * and deletions. Each talks to the API only, none to another; all share one cache for each kind. A controller
 * that fails is started again by itself, without the others.
 */

import type { Client } from "../../client/client.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { runAutoscalers } from "./autoscaler/controller.ts";
import { runCronJobs } from "./cronjob/controller.ts";
import { runDaemonSets } from "./daemonset/controller.ts";
import { runDeployments } from "./deployment/controller.ts";
import { runDisruption } from "./disruption/controller.ts";
import { runEndpointSlices } from "./endpointslice/controller.ts";
import { runGarbageCollector } from "./garbage-collector/controller.ts";
import { runJobs } from "./job/controller.ts";
import { runNamespaces } from "./namespace/controller.ts";
import { runNodeLifecycle } from "./node-lifecycle/controller.ts";
import { runPodGarbage } from "./pod-garbage/controller.ts";
import { runReplicaSets } from "./replicaset/controller.ts";
import { runServiceAccounts } from "./serviceaccount/controller.ts";
import type { SnapshotPlace, WorkloadContext } from "./shared/context.ts";
import { runStatefulSets } from "./statefulset/controller.ts";
import { createInformers } from "./shared/informers.ts";
import { runVolumes } from "./volumes/controller.ts";
import { runSizeWatch } from "./volumes/size-watch.ts";
import { runSnapshots } from "./volumes/snapshots.ts";

export interface WorkloadOptions {
  readonly client: Client;
  /** Where volumes are made for claims, on the machine of all nodes; absent: none are made. */
  readonly volumesDir?: string | undefined;
  /** How often autoscalers look; 15 s when absent. */
  readonly autoscalePeriodMs?: number | undefined;
  /** Absent: none are taken. */
  readonly snapshots?: SnapshotPlace | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

type Run = (context: WorkloadContext, signal: AbortSignal) => Promise<void>;

const controllers: Readonly<Record<string, Run>> = {
  deployment: runDeployments,
  replicaset: runReplicaSets,
  statefulset: runStatefulSets,
  daemonset: runDaemonSets,
  job: runJobs,
  cronjob: runCronJobs,
  autoscaler: runAutoscalers,
  disruption: runDisruption,
  endpointslice: runEndpointSlices,
  "garbage-collector": runGarbageCollector,
  namespace: runNamespaces,
  serviceaccount: runServiceAccounts,
  "node-lifecycle": runNodeLifecycle,
  "pod-garbage": runPodGarbage,
  volumes: runVolumes,
  snapshots: runSnapshots,
  "volume-sizes": runSizeWatch,
};

const restartBackoff = { baseMs: 500, capMs: 30_000 };
/** A controller that ran this long starts its back-off from the beginning. */
const stableMs = 60_000;

/** Runs all workload controllers until the signal aborts. */
export async function runWorkloads(options: WorkloadOptions, signal: AbortSignal): Promise<void> {
  const log = options.log.child({ component: "workloads" });
  const informers = createInformers({ ...options, log });
  const context: WorkloadContext = { ...options, log, informers, recorders: new Map() };
  await Promise.all([
    ...Object.values(informers).map((informer) => informer.run(signal)),
    ...Object.entries(controllers).map(([name, run]) => supervise(context, { name, run }, signal)),
  ]);
  await Promise.all([...context.recorders.values()].map((recorder) => recorder.flushed()));
}

async function supervise(
  context: WorkloadContext,
  { name, run }: { readonly name: string; readonly run: Run },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = context;
  for (let failures = 0; !signal.aborted;) {
    const startMs = clock.now();
    try {
      await run(context, signal);
      // It has nothing to do here, or it was told to stop.
      return;
    } catch (error) {
      if (signal.aborted) return;
      failures = clock.now() - startMs > stableMs ? 1 : failures + 1;
      log.error("a controller failed and is started again", { controller: name, failures, error });
      await sleep(clock, backoffDelayMs(restartBackoff, failures), signal);
    }
  }
}
