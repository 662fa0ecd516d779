/** What a scheduler is made of and what it offers. */

import type { Client } from "../../client/client.ts";
import type { BackoffOptions } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import type { Random } from "../../lib/random.ts";
import type { Decider } from "../decide.ts";
import type { Profile } from "../framework/profile.ts";
import type { PodObject } from "../snapshot/objects.ts";
import type { ExtenderSet } from "./extenders/extenders.ts";
import type { SchedulerMetrics, SchedulerState } from "./scheduler-metrics.ts";

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Pods that name another scheduler are left alone; `default-scheduler` when absent. */
  readonly schedulerName?: string | undefined;
  /** Makes the draws among equals follow from this number instead of `random`. */
  readonly seed?: number | undefined;
  /** Which plugins decide; the default profile when absent. */
  readonly profile?: Profile | undefined;
  /** In place of `profile` and `schedulerName`: several, each for the pods that name it, on one view of the cluster. */
  readonly profiles?: readonly Profile[] | undefined;
  /** After a failure that is not the pod's. */
  readonly backoff?: BackoffOptions | undefined;
  /** Asked right before each binding; false once another process may have taken over. */
  readonly mayBind?: (() => boolean) | undefined;
  /** Whether the cluster takes SchedulingDecisions; it does when absent. */
  readonly keepsDecisions?: (() => boolean) | undefined;
  readonly metrics?: SchedulerMetrics | undefined;
  /** Asked besides the plugins; whoever opened them closes them. */
  readonly extenders?: ExtenderSet | undefined;
  /** For durations; the clock when absent. */
  readonly monotonicMs?: (() => number) | undefined;
}

export interface Scheduler {
  /**
   * Schedules until the signal aborts and the bindings under way have ended. With `turn` it follows the cluster but
   * decides nothing and writes nothing until that resolves, so that it can take over at once.
   */
  run(signal: AbortSignal, turn?: Promise<void>): Promise<void>;
  /** What of the API it does not know yet, by kind; nothing when it can decide. */
  unsynced(): readonly string[];
  /** Whose rules hold for the pod, also for one of another scheduler; undefined while the cluster is not known. */
  deciderFor(pod: PodObject): Decider | undefined;
  /** Undefined while it does not run. */
  state(): SchedulerState | undefined;
}
