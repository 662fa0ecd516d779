/** Removes old events: they tell of the recent past and would otherwise fill the store. */

import { sleep } from "../../lib/clock.ts";
import { event, type Event } from "../../model/kinds/core/event/event.ts";
import { isNotFound } from "../../model/status.ts";
import { removeObject } from "./operations/remove.ts";
import type { ServerParts } from "./parts.ts";

export async function sweepEvents(parts: ServerParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await sweepOnce(parts);
    } catch (error) {
      parts.log.warn("cannot remove old events; trying again later", { error });
    }
    await sleep(parts.clock, parts.limits.eventSweepMs, signal);
  }
}

async function sweepOnce(parts: ServerParts): Promise<void> {
  const beforeMs = parts.clock.now() - parts.limits.eventAgeMs;
  const old = parts.store.list("events").entries.filter(({ value }) => lastSeenMs(value as Event) < beforeMs);
  const now = old.slice(0, parts.limits.eventsPerSweep);
  await Promise.all(
    now.map(async ({ namespace, name }) => {
      try {
        await removeObject(parts, { target: { kind: event, namespace, name }, options: {} });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }),
  );
}

function lastSeenMs({ lastTimestamp, eventTime, metadata }: Event): number {
  return Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "") || 0;
}
