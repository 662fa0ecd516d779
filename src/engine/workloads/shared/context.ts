/** What every workload controller is given. */

import type { Client } from "../../../client/client.ts";
import { EventRecorder } from "../../../client/event-recorder.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { Logger } from "../../../lib/log.ts";
import type { WorkloadInformers } from "./informers.ts";

/** Where snapshots of those volumes are kept. */
export interface SnapshotPlace {
  readonly directory: string;
  /** Runs the work while nobody writes into the directory; false, without a call, when that cannot be had. */
  whileStill(directory: string, work: () => Promise<void>): Promise<boolean>;
}

export interface WorkloadContext {
  readonly client: Client;
  readonly informers: WorkloadInformers;
  /** Where volumes are made for claims; absent: none are made. */
  readonly volumesDir?: string | undefined;
  /** How often autoscalers look; 15 s when absent. */
  readonly autoscalePeriodMs?: number | undefined;
  readonly snapshots?: SnapshotPlace | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** One for each component that reports, so that its events are counted up across restarts. */
  readonly recorders: Map<string, EventRecorder>;
}

export function recorderFor(context: WorkloadContext, component: string): EventRecorder {
  const { client, clock, log, recorders } = context;
  const recorder = recorders.get(component) ?? new EventRecorder({ client, component, clock, log });
  recorders.set(component, recorder);
  return recorder;
}

/** An event that a reconcile waits for has been lost if it has not come by then: look again. */
export const settleRecheckMs = 1000;
