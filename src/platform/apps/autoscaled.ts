/** How many instances of a process type there are to be, where an autoscaler has a say. Pure. */

import { replicasOf } from "../../model/kinds/nagi/app/process-replicas.ts";
import type { HorizontalPodAutoscaler } from "../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { singleVolumeOf } from "../../model/kinds/nagi/app/app-volumes.ts";

export interface Autoscaled {
  /** The autoscaler of the process type's deployment; undefined when none is. */
  readonly autoscaler: HorizontalPodAutoscaler | undefined;
  /** What the deployment has; undefined before there is one. */
  readonly present: number | undefined;
  /** A release that has not served yet is to run, and must be seen to. */
  readonly isTried: boolean;
}

/**
 * What an autoscaler chose stays. It does nothing for what has no instance at all, unless it may take the last one away:
 * what was stopped and starts again starts with the fewest that it allows.
 */
export function wantedReplicas(
  app: App,
  process: string,
  { autoscaler, present, isTried }: Autoscaled,
): number {
  const own = replicasOf(app, process);
  if (autoscaler === undefined || app.spec?.processes?.[process]?.stopped === true) return own;
  // An autoscaler that came by other ways knows nothing of volumes.
  const isSingle = singleVolumeOf(app.spec?.volumes, process) !== undefined;
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  const least = isTried ? Math.max(1, minReplicas) : minReplicas;
  if (present === undefined) return isSingle ? 1 : Math.min(Math.max(own, 1, minReplicas), maxReplicas);
  const wanted = present === 0 ? least : present;
  return isSingle ? Math.min(1, wanted) : wanted;
}

/** Whether requests are to wake it. */
export function maySleep(
  { spec }: App,
  process: string,
  autoscaler: HorizontalPodAutoscaler | undefined,
): boolean {
  return autoscaler?.spec.minReplicas === 0 && spec?.processes?.[process]?.stopped !== true;
}
