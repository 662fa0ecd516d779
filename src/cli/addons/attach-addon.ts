/** Lets apps use an add-on, and no longer. */

import { configName } from "../../model/kinds/nagi/app/app-names.ts";
import { addon as addonKind, type Addon, type AddonAttachment } from "../../model/kinds/nagi/addon/addon.ts";
import { addonVarNames, ownerAnnotation } from "../../model/kinds/nagi/addon/addon-vars.ts";
import { findObject } from "../../client/find-object.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { refOf } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isNotFound } from "../../model/status.ts";
import { appName, getApp } from "../app.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { readConfig } from "../config/config-vars.ts";
import { pause, pollMs } from "../wait.ts";
import { choosePrefix } from "./create-addon.ts";
import { getAddon, serviceOf } from "./find-addon.ts";
import { followAttachment, releaseWith } from "./follow-addon.ts";

export async function attachAddon(context: CommandContext, words: readonly string[]): Promise<number> {
  const [name, app] = words;
  const config = await readConfig(context, app);
  const found = await getAddon(context, name);
  const service = await serviceOf(context, found);
  const user = config.found.metadata.name ?? "";
  const given = context.text("as");
  const present = (found.spec.attachments ?? []).filter((each) => each.app === user);
  const again = present.find((each) => given === undefined || each.as === given);
  if (again !== undefined) {
    const names = addonVarNames(service, again.as);
    const owners = await annotationsOf(context, found, user);
    const isThere = names.every(
      (each) => Object.hasOwn(config.values, each) && owners[ownerAnnotation(each)] === name,
    );
    if (isThere)
      throw new UsageError(
        `${user} has add-on ${name} already, as ${names.join(", ")}`,
        "Under another name too: --as NAME",
      );
  }
  const as = again?.as ?? choosePrefix(context, service, config);
  const requestedAt = new Date().toISOString();
  const wanted = { app: user, as, requestedAt };
  const others = (found.spec.attachments ?? []).filter((each) => each !== again);
  const changed = await writeAttachments(context, found, [...others, wanted]);
  return await followAttachment(context, changed, config.found, wanted);
}

async function annotationsOf(
  context: CommandContext,
  { metadata }: Addon,
  app: string,
): Promise<Readonly<Record<string, string>>> {
  const client = await context.client();
  try {
    const found = await client.get(secret, { namespace: metadata.namespace, name: configName(app) });
    return found.metadata.annotations ?? {};
  } catch (error) {
    if (isNotFound(error)) return {};
    throw error;
  }
}

export async function detachAddon(context: CommandContext, words: readonly string[]): Promise<number> {
  const [name, app] = words;
  const user = await appName(context, app);
  const found = await getAddon(context, name);
  const given = context.text("as");
  const all = found.spec.attachments ?? [];
  const gone = all.filter((each) => each.app === user && (given === undefined || each.as === given));
  if (gone.length === 0) {
    await getApp(context, app);
    const apps = all.map((each) => `${each.app} as ${each.as}`).join(", ");
    throw new UsageError(
      `add-on ${name} is not attached to ${user}${given === undefined ? "" : ` as ${given}`}`,
      apps === "" ? "It is attached to no app" : `It is attached to ${apps}`,
    );
  }
  // It may have gone before it was attached.
  const before = await findObject(await context.client(), appKind, {
    namespace: found.metadata.namespace,
    name: user,
  });
  const changed = await writeAttachments(
    context,
    found,
    all.filter((each) => !gone.includes(each)),
  );
  context.terminal.progress(`Detaching ${name} from ${user}`);
  await untilDetached(context, changed, gone);
  context.terminal.progressDone();
  context.terminal.print(`Detached ${name} from ${user}`);
  if (context.flag("no-wait") || before?.status?.latestVersion === undefined) return 0;
  return await releaseWith(context, before);
}

async function untilDetached(
  context: CommandContext,
  changed: Addon,
  gone: readonly AddonAttachment[],
): Promise<void> {
  const client = await context.client();
  const isGone = ({ status }: Addon): boolean =>
    gone.every(
      ({ app, as }) => !(status?.attachments ?? []).some((each) => each.app === app && each.as === as),
    );
  while (!isGone(await client.get(addonKind, refOf(changed)))) await pause(pollMs, context.signal);
}

async function writeAttachments(
  context: CommandContext,
  found: Addon,
  attachments: readonly AddonAttachment[],
): Promise<Addon> {
  const client = await context.client();
  const { resourceVersion } = found.metadata;
  // Whoever attaches at the same moment is not overwritten: the API refuses, and the user tries again.
  const body = JSON.parse(
    JSON.stringify({ metadata: { resourceVersion }, spec: { attachments } }),
  ) as JsonValue;
  return await client.patch(addonKind, refOf(found), { type: "merge", body });
}
