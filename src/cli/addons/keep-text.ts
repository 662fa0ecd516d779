/** A schedule of backups in words. */

import { parseCron } from "../../lib/cron-schedule.ts";
import type { AddonSpec } from "../../model/kinds/nagi/addon/addon.ts";

export function keepText(backups: NonNullable<AddonSpec["backups"]>, nowMs: number): string {
  const { schedule, timeZone = "UTC", keep = {}, store } = backups;
  const { last, daily, weekly } = Object.keys(keep).length === 0 ? { last: 7 } : keep;
  const kept = [
    last === undefined ? undefined : `the last ${last}`,
    daily === undefined ? undefined : `one of each of ${daily} days`,
    weekly === undefined ? undefined : `one of each of ${weekly} weeks`,
  ].filter((each) => each !== undefined);
  const parsed = parseCron(schedule, timeZone);
  const nextMs = "problem" in parsed ? undefined : parsed.schedule.next(nowMs);
  const next = nextMs === undefined ? "never again" : `next ${new Date(nextMs).toISOString().slice(0, 16)}Z`;
  const where = store === undefined ? "on the platform's disk" : `in store ${store}`;
  return `at "${schedule}" ${timeZone} (${next}), ${where}, keeping ${kept.join(" and ")}`;
}
