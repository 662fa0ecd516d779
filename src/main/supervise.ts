/** Keeps services running: one that throws is logged and started again, later each time. */

import { backoffDelayMs } from "../lib/backoff.ts";
import { sleep, type Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";

const restartBackoff = { baseMs: 100, capMs: 30_000 };
/** A service that ran this long begins its back-off anew. */
const stableMs = 60_000;

export interface Service {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

export interface Supervision {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Resolves when the signal has aborted and every service has returned. */
export async function supervise(services: readonly Service[], options: Supervision): Promise<void> {
  await Promise.all(services.map((service) => keep(service, options)));
}

async function keep(service: Service, { clock, log, signal }: Supervision): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const startMs = clock.now();
    try {
      await service.run(signal);
      if (signal.aborted) return;
      log.error("a service ended by itself", { service: service.name });
    } catch (error) {
      if (signal.aborted) return;
      log.error("a service failed", { service: service.name, error });
    }
    failures = clock.now() - startMs > stableMs ? 1 : failures + 1;
    await sleep(clock, backoffDelayMs(restartBackoff, failures), signal);
  }
}
