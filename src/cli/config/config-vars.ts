/** An app's config vars: reading them, and changing some of them so that changes of others at the same time stay. */

import { decodeEntries, encodeText } from "../../lib/base64.ts";
import { appLabel, configName } from "../../model/kinds/nagi/app/app-names.ts";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { ownerAnnotation } from "../../model/kinds/nagi/addon/addon-vars.ts";
import { newObject } from "../../model/kind.ts";
import { controllerRef } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { getApp } from "../app.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { variableName } from "./dotenv.ts";
import { followRelease } from "../releases/release-progress.ts";

export type Values = Readonly<Record<string, string>>;

/** What containers get from the platform: a config var of that name would be of no effect. */
export const platformNames: readonly string[] = ["PORT", "NAGI_APP", "NAGI_PROCESS", "NAGI_RELEASE"];

export interface AppConfig {
  readonly found: App;
  readonly values: Values;
  /** Names of those that add-ons wrote, with the add-on. */
  readonly addonVars: Values;
}

/** Of the app that is meant, or of `app`. */
export async function readConfig(context: CommandContext, app?: string): Promise<AppConfig> {
  const found = await getApp(context, app);
  const client = await context.client();
  const { namespace, name = "" } = found.metadata;
  try {
    const { data = {}, metadata } = await client.get(secret, { namespace, name: configName(name) });
    return {
      found,
      values: decodeEntries(data),
      addonVars: Object.fromEntries(
        Object.keys(data).flatMap((key) => {
          const owner = metadata.annotations?.[ownerAnnotation(key)];
          return owner === undefined ? [] : [[key, owner]];
        }),
      ),
    };
  } catch (error) {
    if (isNotFound(error)) return { found, values: {}, addonVars: {} };
    throw error;
  }
}

export function checkedName(name: string): string {
  if (!variableName.test(name))
    throw new UsageError(
      `${JSON.stringify(name)} is not a name of an environment variable: letters, digits and _ only, no digit first`,
    );
  if (!platformNames.includes(name)) return name;
  const hint = name === "PORT" ? "Another port: set spec.port of the app, or nagi deploy --port" : undefined;
  throw new UsageError(`${name} is given by the platform and cannot be a config var`, hint);
}

/** null unsets. Waits for the release that comes of it; the exit code. */
export async function changeConfig(
  context: CommandContext,
  { found, values, addonVars }: AppConfig,
  changes: Readonly<Record<string, string | null>>,
): Promise<number> {
  const { terminal } = context;
  const { name = "" } = found.metadata;
  const real = Object.entries(changes).filter(([key, value]) => (values[key] ?? null) !== value);
  refuseAddonVars(name, addonVars, real);
  if (real.length === 0) {
    terminal.print("Nothing changes: the values are set already.");
    return 0;
  }
  await patchConfig(context, found, Object.fromEntries(real));
  const named = (keys: readonly string[]): string => keys.toSorted().join(", ");
  const set = real.filter(([, value]) => value !== null).map(([key]) => key);
  const unset = real.filter(([, value]) => value === null).map(([key]) => key);
  if (set.length > 0) terminal.print(`Set ${named(set)} of ${name}`);
  if (unset.length > 0) terminal.print(`Unset ${named(unset)} of ${name}`);
  if (context.flag("no-wait")) return 0;
  if (found.status?.latestVersion === undefined) {
    terminal.print("The app's first release will have it.");
    return 0;
  }
  const code = await followRelease(context, found);
  if (code !== 0 && found.status.currentRelease !== undefined)
    terminal.note("Config vars are those of what runs again: nagi config");
  return code;
}

/** What an add-on wrote is not overwritten by the way: the app would lose its data without a word. */
function refuseAddonVars(
  app: string,
  addonVars: Values,
  changes: readonly (readonly [string, string | null])[],
): void {
  const [taken] = changes.flatMap(([key]) => (addonVars[key] === undefined ? [] : [key]));
  if (taken === undefined) return;
  const owner = addonVars[taken];
  throw new UsageError(
    `${taken} of ${app} is the add-on ${owner}'s: nothing is changed`,
    `To let go of it: nagi addons detach ${owner} --app ${app}. Other credentials: nagi addons rotate ${owner}`,
  );
}

async function patchConfig(
  context: CommandContext,
  found: App,
  changes: Readonly<Record<string, string | null>>,
): Promise<void> {
  const client = await context.client();
  const { namespace, name = "" } = found.metadata;
  const ref = { namespace, name: configName(name) };
  const encode = (value: string | null): string | null => (value === null ? null : encodeText(value));
  const data = Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, encode(value)]));
  try {
    await client.patch(secret, ref, { type: "merge", body: { data } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const owner = controllerRef({ ...found, apiVersion: "nagi.dev/v1", kind: app.kind });
    const metadata = { ...ref, labels: { [appLabel]: name }, ownerReferences: [owner] };
    const present = Object.entries(data).filter((entry): entry is [string, string] => entry[1] !== null);
    await client.create(
      secret,
      newObject<Secret>(secret, metadata, { type: "Opaque", data: Object.fromEntries(present) }),
    );
  }
}
