/** Removes old events: they tell of the recent past and would otherwise fill the store. */

import { sleep } from "../../lib/clock.ts";
import { event, type Event } from "../../model/kinds/core/event/event.ts";
import { isNotFound } from "../../model/status.ts";
import { removeObject } from "./operations/remove.ts";
import type { ServerParts } from "./parts.ts";

export async function sweepEvents(parts: ServerParts, signal: AbortSignal): Promise<void> {
  /** When each event was last seen, by its revision: only new ones are read. */
  let lastSeen: ReadonlyMap<number, number> = new Map();
  while (!signal.aborted) {
    try {
      lastSeen = await sweepOnce(parts, lastSeen);
    } catch (error) {
      parts.log.warn("cannot remove old events; trying again later", { error });
    }
    await sleep(parts.clock, parts.limits.eventSweepMs, signal);
  }
}

async function sweepOnce(
  parts: ServerParts,
  known: ReadonlyMap<number, number>,
): Promise<ReadonlyMap<number, number>> {
  const beforeMs = parts.clock.now() - parts.limits.eventAgeMs;
  const { entries } = parts.store.list("events");
  const seen = new Map(
    entries.map((entry) => [entry.revision, known.get(entry.revision) ?? lastSeenMs(entry.value as Event)]),
  );
  const old = entries.filter(({ revision }) => (seen.get(revision) ?? 0) < beforeMs);
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
  return seen;
}

function lastSeenMs({ lastTimestamp, eventTime, metadata }: Event): number {
  return Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "") || 0;
}
