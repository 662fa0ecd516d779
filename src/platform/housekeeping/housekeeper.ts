/** Removes what is old, by itself from time to time and before pods have to give way to a full disk. */

import type { Client } from "../../client/client.ts";
import { housekeepingPolicy, readPast, removePast } from "../../client/housekeeping/keep-house.ts";
import { planHousekeeping } from "../../client/housekeeping/plan.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { timestamp } from "../../lib/timestamp.ts";
import { housekeeping, housekeepingName } from "../../model/kinds/nagi/housekeeping/housekeeping.ts";

const checkEveryMs = 60_000;
const hourMs = 3_600_000;

export interface HousekeeperOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Housekeeper {
  readonly #options: HousekeeperOptions;

  constructor(options: HousekeeperOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { client, clock, log } = this.#options;
    while (!signal.aborted) {
      try {
        const { metadata, spec, status } = await housekeepingPolicy(client);
        const lastMs = Date.parse(status?.lastRunTime ?? metadata.creationTimestamp ?? "");
        const isDue = clock.now() - lastMs >= (spec.everyHours ?? 1) * hourMs;
        if (isDue) await this.keepHouse("Schedule");
      } catch (error) {
        if (!signal.aborted) log.warn("cannot remove what is old, trying again", { error: messageOf(error) });
      }
      await sleep(clock, checkEveryMs, signal);
    }
  }

  /** Unless that is suspended. */
  async keepHouse(reason: "Schedule" | "DiskFull"): Promise<void> {
    const { client, clock, log } = this.#options;
    const { spec } = await housekeepingPolicy(client);
    if (spec.suspend === true) return;
    let removed = 0;
    let problem: unknown;
    try {
      const old = planHousekeeping(await readPast(client, undefined), spec, clock.now());
      removed = await removePast(client, old);
    } catch (error) {
      problem = error;
    }
    const message = problem === undefined ? null : messageOf(problem);
    const status = { lastRunTime: timestamp(clock.now()), reason, removed, message };
    const ref = { name: housekeepingName };
    await client.patch(housekeeping, ref, { type: "merge", body: { status } }, { subresource: "status" });
    if (problem !== undefined) throw problem;
    if (removed > 0) log.info("removed builds, pods and jobs that ended long ago", { reason, removed });
  }
}
