/** Waits for what becomes of an add-on, and says how it goes. */

import { addon as addonKind, type Addon, type AddonStatus } from "../../model/kinds/nagi/addon/addon.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { refOf } from "../../model/meta.ts";
import type { CommandContext } from "../command.ts";
import { followRelease } from "../releases/release-progress.ts";
import { paint } from "../terminal.ts";
import { pause, pollMs } from "../wait.ts";

/** Until it serves. Resolves with the exit code. */
export async function followReady(context: CommandContext, made: Addon): Promise<number> {
  const { terminal } = context;
  const { name = "", generation = 0 } = made.metadata;
  const { service, plan } = made.spec;
  if (context.flag("no-wait")) {
    terminal.print(`Add-on ${name} is being made: nagi addons info ${name}`);
    return 0;
  }
  const client = await context.client();
  for (;;) {
    const { status = {} } = await client.get(addonKind, refOf(made));
    const isSeen = (status.observedGeneration ?? 0) >= generation;
    if (isSeen && status.phase === "Ready") {
      terminal.progressDone();
      terminal.print(`Add-on ${name} (${service}:${plan}) is ready`);
      return 0;
    }
    if (isSeen && status.phase === "Failed") return failed(context, name, status.message);
    terminal.progress(`Making add-on ${name} (${service}:${plan}): ${status.message ?? "waiting"}`);
    await pause(pollMs, context.signal);
  }
}

function failed({ terminal }: CommandContext, name: string, message = "no reason is known"): number {
  terminal.progressDone();
  terminal.note(`${paint(terminal, "red", "error:")} cannot make add-on ${name}: ${message}`);
  terminal.note(
    `It is tried again when that is mended. To give up: nagi addons destroy ${name} --confirm ${name}`,
  );
  return 1;
}

/** Until the app has the config vars and runs with them. `before` is the app as it was before. */
export async function followAttachment(
  context: CommandContext,
  changed: Addon,
  before: App,
  { app, as, requestedAt }: { readonly app: string; readonly as: string; readonly requestedAt?: string },
): Promise<number> {
  if (context.flag("no-wait")) return 0;
  const { terminal } = context;
  const { name = "" } = changed.metadata;
  const client = await context.client();
  for (;;) {
    const { status = {} } = await client.get(addonKind, refOf(changed));
    const found = status.attachments?.find(
      (each) => each.app === app && each.as === as && each.requestedAt === requestedAt,
    );
    if (found?.phase === "Attached") {
      terminal.progressDone();
      terminal.print(`${app} has it as ${(found.vars ?? []).join(", ")}`);
      return await releaseWith(context, before);
    }
    if (found?.phase === "Conflict") {
      terminal.progressDone();
      terminal.note(`${paint(terminal, "red", "error:")} ${found.message}`);
      return 1;
    }
    terminal.progress(`Attaching ${name} to ${app}: ${found?.message ?? status.message ?? "waiting"}`);
    await pause(pollMs, context.signal);
  }
}

export async function releaseWith(context: CommandContext, before: App): Promise<number> {
  if (before.status?.latestVersion === undefined) {
    context.terminal.print("The app's first release will have it.");
    return 0;
  }
  return await followRelease(context, before);
}

const rotationTexts: Readonly<Record<string, string>> = {
  Making: "making a second user",
  Releasing: "releasing the apps with the new credentials",
  Undoing: "going back to the old credentials",
  Dropping: "removing the old user",
};

/** Until the rotation that was wished has ended. Resolves with the exit code. */
export async function followRotation(context: CommandContext, changed: Addon): Promise<number> {
  const { terminal } = context;
  const { name = "" } = changed.metadata;
  const client = await context.client();
  for (;;) {
    const { status = {}, spec } = await client.get(addonKind, refOf(changed));
    const rotation: AddonStatus["rotation"] = status.rotation;
    const isOurs = rotation?.requestedAt === spec.rotatedAt;
    if (isOurs && rotation?.phase === "Complete") {
      terminal.progressDone();
      terminal.print(`Add-on ${name} has new credentials; the old ones are gone`);
      return 0;
    }
    if (isOurs && rotation?.phase === "Failed") {
      terminal.progressDone();
      terminal.note(`${paint(terminal, "red", "error:")} credentials are as they were: ${rotation.message}`);
      return 1;
    }
    const step = rotationTexts[rotation?.phase ?? ""] ?? "waiting";
    const problem = isOurs && rotation?.message !== undefined ? ` (${rotation.message})` : "";
    terminal.progress(`Rotating ${name}: ${step}${problem}`);
    await pause(pollMs, context.signal);
  }
}
