/** `nagi routes set`: the settings of routes in plain words, kept as their annotations. */

import { createHash, randomBytes } from "node:crypto";
import { encodeText } from "../../lib/base64.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import {
  lineSettings,
  routeSettings,
  settingOf,
  type RouteSetting,
  type SettingName,
} from "../../model/kinds/route/route/route-settings.ts";
import { UsageError, type CommandContext, type Option } from "../command.ts";
import { allRoutesOf, domainOf, isHttp, routeOfDomain, routesOf } from "../domains/domain-routes.ts";
import { columns } from "../format.ts";
import { isInForce } from "../../model/kinds/route/route/in-force.ts";
import { waitFor } from "../../client/wait-for.ts";
import { systemClock } from "../../lib/clock.ts";
import { isAboutHttp } from "../../model/kinds/route/route/passthrough.ts";
import { refOf } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";

/** A router that has said nothing by then is not waited for. */
const inForceWaitMs = 10_000;
const names = Object.keys(routeSettings) as SettingName[];
const valueNames: Partial<Record<SettingName, string>> = {
  timeout: "DURATION",
  "tunnel-timeout": "DURATION",
  rewrite: "PATH",
  allow: "ADDRESSES",
  "basic-auth": "NAME:PASSWORD",
  "rate-limit": "RATE",
  "max-body": "SIZE",
  redirect: "URL",
  "request-header": "HEADER",
  "response-header": "HEADER",
  sticky: "COOKIE",
  maintenance: "TEXT",
};
/** In place of a value: the route is as if it had never been set. */
const offWord = "off";

export const settingOptions: readonly Option[] = names.map((name) => ({
  name,
  type: "string",
  value: valueNames[name] ?? "VALUE",
  multiple: lineSettings.has(name),
  description: `Of set: ${routeSettings[name].description}`,
}));

/** Changes those of the app's routes that are meant: the one of the domain, else all. */
export async function setRoutes(
  context: CommandContext,
  found: App,
  domain: string | undefined,
): Promise<void> {
  const changes = names.flatMap((name) => {
    const given = lineSettings.has(name) ? context.texts(name) : [context.text(name) ?? ""].filter(Boolean);
    return given.length === 0 ? [] : [[name, storedSetting(name, given)] as const];
  });
  const all = await meantRoutes(context, found, domain);
  const asksOfHttp = changes.some(([name, value]) => value !== undefined && isAboutHttp(name));
  // Whoever names a domain is told by the API what it cannot have.
  const meant = domain === undefined && asksOfHttp ? all.filter(isHttp) : all;
  const left = all.filter((each) => !meant.includes(each)).map(domainOf);
  if (left.length > 0)
    context.terminal.note(`The router reads no HTTP at ${left.join(", ")}: nothing is set there.`);
  const annotations: Record<string, string | null> = {};
  for (const [name, value] of changes) {
    const { annotation, alias }: RouteSetting = routeSettings[name];
    annotations[annotation] = value ?? null;
    // Else what was written by the other name would hold again.
    if (alias !== undefined) annotations[alias] = null;
  }
  show(context, await annotate(context, meant, annotations));
}

export async function annotate(
  context: CommandContext,
  routes: readonly Route[],
  annotations: Readonly<Record<string, string | null>>,
): Promise<readonly Route[]> {
  if (Object.keys(annotations).length === 0) return routes;
  const client = await context.client();
  const changed: Route[] = [];
  for (const { metadata } of routes) {
    const ref = { namespace: metadata.namespace, name: metadata.name ?? "" };
    const body = { metadata: { annotations } };
    changed.push(await client.patch(route, ref, { type: "merge", body }));
  }
  await inForce(context, changed);
  return changed;
}

/** Waits until the next request meets the settings, or says that it does not yet. */
async function inForce(context: CommandContext, changed: readonly Route[]): Promise<void> {
  const client = await context.client();
  const { signal } = context;
  const deadlineMs = Date.now() + inForceWaitMs;
  const until = (found: Route | undefined): boolean => found === undefined || isInForce(found);
  try {
    for (const each of changed) {
      const limits = { clock: systemClock, timeoutMs: Math.max(0, deadlineMs - Date.now()), signal };
      await waitFor(client, { kind: route, ref: refOf(each), until }, limits);
    }
  } catch (error) {
    if (!isStatus(error, "Timeout")) throw error;
    context.terminal.note("The router has not taken it yet; it will as soon as it can.");
  }
}

/** What is kept of what was given; undefined takes the setting back. */
function storedSetting(name: SettingName, given: readonly string[]): string | undefined {
  if (given.length === 1 && given[0] === offWord) return undefined;
  const value = (name === "basic-auth" ? given.map(storedPerson) : given).join("\n");
  const problem = routeSettings[name].check(value);
  if (problem === undefined) return value;
  throw new UsageError(
    `--${name} is ${JSON.stringify(given.join(", "))}: ${problem}`,
    `Or "${offWord}" for no such setting`,
  );
}

/** The password is not kept: a salted digest of what a browser sends with it is. */
function storedPerson(given: string): string {
  const [, name, password] = /^([^:\s]{1,100}):(.{1,200})$/s.exec(given) ?? [];
  if (name === undefined || password === undefined)
    throw new UsageError("--basic-auth must be NAME:PASSWORD", `Or "${offWord}" to let everybody in`);
  const salt = randomBytes(16).toString("hex");
  const sent = `Basic ${encodeText(`${name}:${password}`)}`;
  return `${name}:${salt}:${createHash("sha256")
    .update(sent + salt)
    .digest("hex")}`;
}

async function meantRoutes(
  context: CommandContext,
  found: App,
  domain: string | undefined,
): Promise<readonly Route[]> {
  if (domain === undefined) return await routesOf(context, found);
  const all = await allRoutesOf(context, found);
  const one = routeOfDomain(all, domain);
  if (one !== undefined) return [one];
  const known = all.map(domainOf).join(", ");
  throw new UsageError(`app ${found.metadata.name} has no domain ${domain}`, `It has: ${known || "none"}`);
}

function show(context: CommandContext, routes: readonly Route[]): void {
  const rows = routes.flatMap((each) =>
    names.flatMap((name) => {
      const value = settingOf(each, name);
      const lines = value?.split("\n") ?? [];
      return lines.map((line) => [domainOf(each), name, name === "basic-auth" ? nameIn(line) : line]);
    }),
  );
  if (rows.length === 0)
    return context.terminal.note("No settings. For instance: nagi routes set --timeout 60s");
  context.terminal.print(columns([["DOMAIN", "SETTING", "VALUE"], ...rows]));
}

function nameIn(person: string): string {
  return person.slice(0, person.indexOf(":"));
}
