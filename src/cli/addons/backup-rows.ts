/** What `nagi addons info` says of an add-on's backups. */

import type { Addon } from "../../model/kinds/nagi/addon/addon.ts";
import type { CommandContext } from "../command.ts";
import { backupsOf } from "./find-backup.ts";
import { keepText } from "./keep-text.ts";

export async function backupRows(
  context: CommandContext,
  { metadata, spec, status = {} }: Addon,
): Promise<string[][]> {
  const all = await backupsOf(context, metadata.name ?? "");
  const good = all.filter((each) => each.status?.phase === "Complete");
  const [newest] = good;
  const [last] = all.filter((each) => ["Complete", "Failed"].includes(each.status?.phase ?? ""));
  const { restore } = status;
  return [
    ...(spec.backups === undefined ? [] : [["Backed up:", keepText(spec.backups, Date.now())]]),
    ...(newest === undefined
      ? []
      : [["Backups:", `${good.length} complete, the newest of ${newest.status?.startedAt}`]]),
    ...(last?.status?.phase === "Failed" ? [["Last backup:", `FAILED: ${last.status.message}`]] : []),
    ...(restore === undefined
      ? []
      : [
          [
            "Restored:",
            `${restore.phase}, from ${restore.backup}${restore.message === undefined ? "" : `: ${restore.message}`}`,
          ],
        ]),
  ];
}
