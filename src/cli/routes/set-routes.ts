/** `nagi routes set`: the settings of routes in plain words, kept as their annotations. */

import type { App } from "../../model/kinds/nagi/app/app.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { routeSettings, settingOf, type SettingName } from "../../model/kinds/route/route/route-settings.ts";
import { UsageError, type CommandContext, type Option } from "../command.ts";
import { domainOf, routeOfDomain, routesOf } from "../domains/domain-routes.ts";
import { columns } from "../format.ts";

const names = Object.keys(routeSettings) as SettingName[];
/** In place of a value: the route is as if it had never been set. */
const offWord = "off";

export const settingOptions: readonly Option[] = names.map((name) => ({
  name,
  type: "string",
  value: "VALUE",
  description: `Of set: ${routeSettings[name].description}`,
}));

/** Changes those of the app's routes that are meant: the one of the domain, else all. */
export async function setRoutes(
  context: CommandContext,
  found: App,
  domain: string | undefined,
): Promise<void> {
  const changes = new Map(
    names.flatMap((name): [SettingName, string][] => {
      const value = context.text(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  for (const [name, value] of changes) checkSetting(name, value);
  const meant = await meantRoutes(context, found, domain);
  const annotations = Object.fromEntries(
    [...changes].map(([name, value]) => [routeSettings[name].annotation, value === offWord ? null : value]),
  );
  const client = await context.client();
  const changed: Route[] = [];
  for (const { metadata } of meant) {
    const ref = { namespace: metadata.namespace, name: metadata.name ?? "" };
    const body = { metadata: { annotations } };
    changed.push(
      changes.size === 0
        ? await client.get(route, ref)
        : await client.patch(route, ref, { type: "merge", body }),
    );
  }
  show(context, changed);
}

function checkSetting(name: SettingName, value: string): void {
  if (value === offWord) return;
  const problem = routeSettings[name].check(value);
  if (problem !== undefined)
    throw new UsageError(
      `--${name} is ${JSON.stringify(value)}: ${problem}`,
      `Or "${offWord}" for no such setting`,
    );
}

async function meantRoutes(
  context: CommandContext,
  found: App,
  domain: string | undefined,
): Promise<readonly Route[]> {
  const all = await routesOf(context, found);
  if (domain === undefined) return all;
  const one = routeOfDomain(all, domain);
  if (one !== undefined) return [one];
  const known = all.map(domainOf).join(", ");
  throw new UsageError(`app ${found.metadata.name} has no domain ${domain}`, `It has: ${known || "none"}`);
}

function show(context: CommandContext, routes: readonly Route[]): void {
  const rows = routes.flatMap((each) =>
    names.flatMap((name) => {
      const value = settingOf(each, name);
      return value === undefined ? [] : [[domainOf(each), name, value]];
    }),
  );
  if (rows.length === 0)
    return context.terminal.note("No settings. For instance: nagi routes set --timeout 60s");
  context.terminal.print(columns([["DOMAIN", "SETTING", "VALUE"], ...rows]));
}
