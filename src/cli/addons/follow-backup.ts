/** Waits for what becomes of a backup, its check or a restore, and says how it goes. Each resolves with the exit code. */

import { addon as addonKind, type Addon } from "../../model/kinds/nagi/addon/addon.ts";
import { addonBackup, type AddonBackup } from "../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { refOf } from "../../model/meta.ts";
import type { CommandContext } from "../command.ts";
import { paint } from "../terminal.ts";
import { pause, pollMs } from "../wait.ts";
import { bytesText } from "./bytes-text.ts";

export async function followBackup(context: CommandContext, made: AddonBackup): Promise<number> {
  const { terminal } = context;
  const { name = "" } = made.metadata;
  if (context.flag("no-wait")) {
    terminal.print(`Backup ${name} is being made: nagi addons backups info ${name}`);
    return 0;
  }
  const client = await context.client();
  for (;;) {
    const { status = {}, spec } = await client.get(addonBackup, refOf(made));
    if (status.phase === "Complete") {
      terminal.progressDone();
      const where = spec.store === undefined ? "on the platform's disk" : `in store ${spec.store}`;
      terminal.print(`Backed up ${spec.addon} as ${name}: ${bytesText(status.sizeBytes ?? 0)}, ${where}`);
      return 0;
    }
    if (status.phase === "Failed") return failed(context, `cannot back up ${spec.addon}`, status.message);
    terminal.progress(`Backing up ${spec.addon}: ${status.message ?? status.phase ?? "Pending"}`);
    await pause(pollMs, context.signal);
  }
}

export async function followVerification(context: CommandContext, asked: AddonBackup): Promise<number> {
  const { terminal } = context;
  const { name = "" } = asked.metadata;
  if (context.flag("no-wait")) {
    terminal.print(`Backup ${name} is being checked: nagi addons backups info ${name}`);
    return 0;
  }
  const client = await context.client();
  for (;;) {
    const { status = {}, spec } = await client.get(addonBackup, refOf(asked));
    const { verification } = status;
    const isOurs = verification?.requestedAt === spec.verifyAt;
    if (isOurs && verification?.phase === "Passed") {
      terminal.progressDone();
      terminal.print(`Backup ${name} can be restored: ${verification.message}`);
      return 0;
    }
    if (isOurs && verification?.phase === "Failed")
      return failed(context, `backup ${name} cannot be restored`, verification.message);
    terminal.progress(`Checking ${name}: ${(isOurs ? verification?.message : undefined) ?? "waiting"}`);
    await pause(pollMs, context.signal);
  }
}

export async function followRestore(context: CommandContext, changed: Addon): Promise<number> {
  const { terminal } = context;
  const { name = "" } = changed.metadata;
  const wish = changed.spec.restore;
  if (context.flag("no-wait")) {
    terminal.print(`Add-on ${name} is being restored: nagi addons info ${name}`);
    return 0;
  }
  const client = await context.client();
  for (;;) {
    const { restore } = (await client.get(addonKind, refOf(changed))).status ?? {};
    const isOurs = restore?.requestedAt === wish?.requestedAt;
    if (isOurs && restore?.phase === "Complete") {
      terminal.progressDone();
      terminal.print(`Restored ${name} from backup ${wish?.backup}`);
      return 0;
    }
    if (isOurs && restore?.phase === "Failed")
      return failed(context, `cannot restore ${name} from ${wish?.backup}`, restore.message);
    terminal.progress(`Restoring ${name} from backup ${wish?.backup}`);
    await pause(pollMs, context.signal);
  }
}

function failed({ terminal }: CommandContext, what: string, message = "no reason is known"): number {
  terminal.progressDone();
  terminal.note(`${paint(terminal, "red", "error:")} ${what}: ${message}`);
  return 1;
}
