/** When an add-on is backed up by itself, and which of its backups go. Pure. */

import { parseCron } from "../../../lib/cron-schedule.ts";
import type { Addon, BackupsKept } from "../../../model/kinds/nagi/addon/addon.ts";
import type { AddonBackup } from "../../../model/kinds/nagi/addonbackup/addonbackup.ts";
import type { ObjectMeta } from "../../../model/meta.ts";

const defaultKeep: BackupsKept = { last: 7 };
/** The reasons of the last few are worth keeping, but not forever. */
const failedKept = 5;
const dayMs = 24 * 3600_000;

export interface BackupPlan {
  /** The time that a backup is due for; undefined when none is. */
  readonly dueMs: number | undefined;
  /** When to look again. */
  readonly nextMs: number | undefined;
  readonly gone: readonly AddonBackup[];
}

/** `backups`: those with the add-on's name. One that was missed is made up for once, however many were missed. */
export function planBackups(
  addon: Addon,
  backups: readonly AddonBackup[],
  { nowMs }: { readonly nowMs: number },
): BackupPlan {
  const { spec, status } = addon;
  const { schedule = "", timeZone, keep, since = "" } = spec.backups ?? {};
  const parsed = parseCron(schedule, timeZone);
  if (spec.backups === undefined || "problem" in parsed)
    return { dueMs: undefined, nextMs: undefined, gone: [] };
  const own = backups.filter((each) => each.spec.cause === "schedule" && isOf(addon, each));
  const begun = own.map((each) => createdMs(each.metadata));
  // One that was deleted is not made again.
  const after = Math.max(Date.parse(since), Date.parse(status?.backupDueAt ?? since), ...begun);
  const latestMs = parsed.schedule.latest(nowMs);
  const isDue = latestMs !== undefined && latestMs > after;
  return {
    dueMs: isDue ? latestMs : undefined,
    nextMs: parsed.schedule.next(nowMs),
    gone: [...unkept(own, keep, timeZone), ...newestFirst(own, "Failed").slice(failedKept)],
  };
}

/** Not of an earlier add-on of the name, whose backups are all that is left of it. */
function isOf({ metadata }: Addon, backup: AddonBackup): boolean {
  const { addonUid } = backup.spec;
  if (addonUid !== undefined) return addonUid === metadata.uid;
  // Made before uids were noted.
  return createdMs(backup.metadata) > createdMs(metadata);
}

function createdMs({ creationTimestamp = "" }: ObjectMeta): number {
  return Date.parse(creationTimestamp);
}

/** Of those that are complete: what fails takes no place of what can be restored. */
function unkept(
  own: readonly AddonBackup[],
  keep: BackupsKept = defaultKeep,
  timeZone = "UTC",
): AddonBackup[] {
  const complete = newestFirst(own, "Complete");
  const { last = 0, daily = 0, weekly = 0 } = Object.keys(keep).length === 0 ? defaultKeep : keep;
  const days = (each: AddonBackup): number => dayOf(startOf(each), timeZone);
  const kept = new Set([
    ...complete.slice(0, last),
    ...newestOfEach(complete, days).slice(0, daily),
    // Day 0 was a Thursday; weeks begin on Mondays.
    ...newestOfEach(complete, (each) => Math.floor((days(each) + 3) / 7)).slice(0, weekly),
  ]);
  return complete.filter((each) => !kept.has(each));
}

function newestOfEach(sorted: readonly AddonBackup[], period: (each: AddonBackup) => number): AddonBackup[] {
  return [...Map.groupBy(sorted, period).values()].flatMap(([newest]) => newest ?? []);
}

/** Days since 1970-01-01 of the calendar of the zone. */
function dayOf(atMs: number, timeZone: string): number {
  // The Swedish way to write a date is ISO's.
  return Date.parse(new Date(atMs).toLocaleDateString("sv", { timeZone })) / dayMs;
}

function newestFirst(backups: readonly AddonBackup[], phase: "Complete" | "Failed"): AddonBackup[] {
  return backups.filter(({ status }) => status?.phase === phase).toSorted((a, b) => startOf(b) - startOf(a));
}

function startOf({ metadata, status }: AddonBackup): number {
  return Date.parse(status?.startedAt ?? metadata.creationTimestamp ?? "");
}

/** The same for the same time, so that a backup that is due is made once. */
export function backupName(addon: string, atMs: number): string {
  return `${addon}-${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}`;
}
