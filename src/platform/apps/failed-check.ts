/** What the events of a pod say of its checks. Pure. */

import type { Event } from "../../model/kinds/core/event/event.ts";
import type { FailedCheck } from "./failure-reason.ts";

const text = /^(Startup|Readiness|Liveness) probe failed: ([^]*)$/;
const names = { Startup: "startup", Readiness: "readiness", Liveness: "liveness" } as const;

/** The newest; undefined when none tells of a check. */
export function failedCheck(events: readonly Event[]): FailedCheck | undefined {
  const newest = events.toSorted((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1));
  for (const event of newest) {
    const match = text.exec(event.message ?? "");
    if (match === null) continue;
    const [, title, message = ""] = match;
    const since = event.firstTimestamp ?? event.eventTime ?? timeOf(event);
    return { check: names[title as keyof typeof names], message: message.trim(), since };
  }
  return undefined;
}

function timeOf({ lastTimestamp, eventTime, metadata }: Event): string {
  return lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "";
}
