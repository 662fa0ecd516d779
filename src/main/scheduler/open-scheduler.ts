/** The scheduler with what it is made of: extenders that are asked, and what it counts. */

import { randomInt } from "node:crypto";
import type { Client } from "../../client/client.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { MetricsRegistry } from "../../lib/metrics.ts";
import { seededRandom } from "../../lib/random.ts";
import { Extenders } from "../../scheduler/loop/extenders/extenders.ts";
import { SchedulerMetrics } from "../../scheduler/loop/scheduler-metrics.ts";
import type { Scheduler, SchedulerOptions } from "../../scheduler/loop/scheduler-options.ts";
import { createScheduler } from "../../scheduler/loop/scheduler.ts";
import type { SchedulerSettings } from "./settings.ts";

export interface OpenSchedulerOptions extends Pick<SchedulerOptions, "mayBind" | "keepsDecisions"> {
  readonly client: Client;
  readonly settings: SchedulerSettings;
  readonly log: Logger;
}

export interface OpenScheduler {
  readonly scheduler: Scheduler;
  readonly registry: MetricsRegistry;
  close(): void;
}

export async function openScheduler(options: OpenSchedulerOptions): Promise<OpenScheduler> {
  const { settings, log, ...others } = options;
  const { profiles, extenders: configs, extenderFactor: factor, backoff, warnings } = settings;
  for (const warning of warnings) log.warn("scheduler configuration", { warning });
  const registry = new MetricsRegistry();
  const metrics = new SchedulerMetrics(registry);
  const clock = systemClock;
  const monotonicMs = (): number => performance.now();
  const extenders =
    configs.length === 0
      ? undefined
      : await Extenders.open({ configs, factor, metrics, monotonicMs, clock, log });
  const random = seededRandom(randomInt(2 ** 32));
  // Told with every draw among equals.
  const seed = randomInt(2 ** 32);
  const parts = { ...others, profiles, backoff, metrics, monotonicMs, extenders, random, seed, clock, log };
  return { scheduler: createScheduler(parts), registry, close: () => extenders?.close() };
}
