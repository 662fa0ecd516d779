/** Data of the app's add-ons that could not be brought back. */

import { parseCron } from "../../../lib/cron-schedule.ts";
import type { Addon } from "../../../model/kinds/nagi/addon/addon.ts";
import type { AddonBackup } from "../../../model/kinds/nagi/addonbackup/addonbackup.ts";
import type { Evidence, Finding } from "../evidence.ts";

/** A dump of much data takes long. */
const lateMs = 6 * 3600_000;

export function failingBackups({ addons, backups, nowMs }: Evidence): Finding[] {
  return addons.flatMap((addon) => {
    const own = backups
      .filter(({ spec }) => spec.addon === addon.metadata.name)
      .toSorted((a, b) => startOf(b) - startOf(a));
    return [...failed(addon, own), ...late(addon, own, nowMs), ...damaged(own)];
  });
}

function startOf({ metadata, status }: AddonBackup): number {
  return Date.parse(status?.startedAt ?? metadata.creationTimestamp ?? "");
}

/** The last one that ended. */
function failed({ metadata }: Addon, own: readonly AddonBackup[]): Finding[] {
  const last = own.find(({ status }) => status?.phase === "Complete" || status?.phase === "Failed");
  if (last?.status?.phase !== "Failed") return [];
  const good = own.find(({ status }) => status?.phase === "Complete");
  const newest =
    good === undefined
      ? "there is none that is complete"
      : `the newest complete one is of ${good.status?.startedAt}`;
  return [
    {
      cause: "BackupFailed",
      severity: "warning",
      text: `the last backup of ${metadata.name} failed: ${last.status.message}`,
      evidence: [`${last.metadata.name}: Failed`, newest],
      next: [`nagi addons backups create ${metadata.name}`, `nagi addons backups list ${metadata.name}`],
    },
  ];
}

function late({ metadata, spec }: Addon, own: readonly AddonBackup[], nowMs: number): Finding[] {
  if (spec.backups === undefined) return [];
  const { schedule, timeZone, since } = spec.backups;
  const parsed = parseCron(schedule, timeZone);
  const dueMs = "problem" in parsed ? undefined : parsed.schedule.latest(nowMs - lateMs);
  if (dueMs === undefined || dueMs < Date.parse(since)) return [];
  if (own.some((each) => startOf(each) >= dueMs && each.status?.phase !== "Pending")) return [];
  return [
    {
      cause: "BackupOverdue",
      severity: "warning",
      text: `a backup of ${metadata.name} was due at ${new Date(dueMs).toISOString()} and is not there`,
      evidence: [`scheduled: "${schedule}" ${timeZone ?? "UTC"}`],
      next: [`nagi addons info ${metadata.name}`, `nagi addons backups create ${metadata.name}`],
    },
  ];
}

function damaged(own: readonly AddonBackup[]): Finding[] {
  return own.flatMap(({ metadata, status }) => {
    const { phase, message = "" } = status?.verification ?? {};
    if (phase !== "Failed") return [];
    return [
      {
        cause: "BackupNotRestorable",
        severity: "warning" as const,
        text: `backup ${metadata.name} cannot be restored`,
        evidence: [message],
        next: [`nagi addons verify-backup ${metadata.name}`, `nagi addons backups info ${metadata.name}`],
      },
    ];
  });
}
