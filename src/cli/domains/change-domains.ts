/** Gives an app a domain or takes it away, and says whether the router serves it. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { checkDomain } from "../../model/kinds/nagi/app/app-domain.ts";
import { guardSettings, settingOf } from "../../model/kinds/route/route/route-settings.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { platformInfo } from "../app.ts";
import { followTls } from "../certs/change-certs.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { pause, pollMs } from "../wait.ts";
import { admissionOf, domainOf, normalDomain, routeOfDomain, routesOf } from "./domain-routes.ts";

/** A router that has said nothing by then is not waited for. */
const admittedWaitMs = 10_000;

export async function addDomain(context: CommandContext, found: App, given: string): Promise<number> {
  const problem = checkDomain(given);
  if (problem !== undefined) throw new UsageError(`the domain is ${JSON.stringify(given)}: ${problem}`);
  const domain = normalDomain(given);
  const { name } = found.metadata;
  const present = found.spec?.domains ?? [];
  const { terminal } = context;
  if (present.some((other) => normalDomain(other) === domain)) {
    terminal.print(`${name} answers at ${domain} already`);
    return 0;
  }
  await setDomains(context, found, [...present, domain]);
  const made = await admitted(context, found, domain);
  if (made === undefined) {
    terminal.print(`${name} has the domain ${domain}; the router has not said yet whether it serves it`);
    terminal.note("See: nagi domains");
    return 0;
  }
  const { isAdmitted, message } = admissionOf(made);
  if (isAdmitted === false) {
    await setDomains(context, found, present);
    throw new UsageError(
      `${domain} is not added: ${message}`,
      `${await ownerText(context, domain)}Who has which: nagi domains --all-namespaces`,
    );
  }
  const own = (await routesOf(context, found)).find((each) => each.metadata.name === name);
  const info = await platformInfo(await context.client());
  const isHttps = await followTls(context, own, made);
  terminal.print(`${name} answers at ${domain} too`);
  const guards = guardSettings.filter((setting) => settingOf(made, setting) !== undefined);
  if (guards.length > 0)
    terminal.note(`It has these settings of the app's own domain: ${guards.join(", ")}. See: nagi routes`);
  terminal.note(dnsHint(domain, info.domain, isHttps ? (info.httpsUrl ?? info.httpUrl) : info.httpUrl));
  return 0;
}

export async function removeDomain(context: CommandContext, found: App, given: string): Promise<void> {
  const domain = normalDomain(given);
  const present = found.spec?.domains ?? [];
  const domains = present.filter((other) => normalDomain(other) !== domain);
  const { name } = found.metadata;
  if (domains.length === present.length)
    throw new UsageError(
      `app ${name} has no domain ${domain}`,
      `It has: ${present.join(", ") || "none of its own"}`,
    );
  await setDomains(context, found, domains);
  context.terminal.print(`${name} no longer answers at ${domain}`);
}

async function setDomains(
  context: CommandContext,
  { metadata }: App,
  domains: readonly string[],
): Promise<void> {
  const client = await context.client();
  const { namespace, name = "" } = metadata;
  await client.patch(
    appKind,
    { namespace, name },
    { type: "merge", body: { spec: { domains: [...domains] } } },
  );
}

async function admitted(context: CommandContext, found: App, domain: string): Promise<Route | undefined> {
  const deadline = Date.now() + admittedWaitMs;
  context.terminal.progress(`Waiting for the router to take ${domain}`);
  try {
    while (Date.now() < deadline) {
      const made = routeOfDomain(await routesOf(context, found), domain);
      if (made !== undefined && admissionOf(made).isAdmitted !== undefined) return made;
      await pause(pollMs, context.signal);
    }
    return undefined;
  } finally {
    context.terminal.progressDone();
  }
}

/** Whose domain it is, as far as the user may know. */
async function ownerText(context: CommandContext, domain: string): Promise<string> {
  const client = await context.client();
  const { items } = await client.list(route).catch(() => ({ items: [] as readonly Route[] }));
  const owner = items.find((each) => domainOf(each) === domain && admissionOf(each).isAdmitted === true);
  if (owner === undefined) return "";
  const { namespace, name, labels } = owner.metadata;
  const app = labels?.[appLabel];
  const who = app === undefined ? `route ${name}` : `app ${app}`;
  return `${who} in namespace ${namespace} has it. `;
}

function dnsHint(domain: string, own: string, url: string): string {
  const { protocol, port } = new URL(url);
  const [host = ""] = domain.replace("*.", "any.").split("/");
  const asked = `${protocol}//${host}${port === "" ? "" : `:${port}`}/`;
  if (host.endsWith(".localhost") || host === own || host.endsWith(`.${own}`)) return `Try it: curl ${asked}`;
  const number = port === "" ? { "http:": "80", "https:": "443" }[protocol] : port;
  return `Let its DNS lead to this machine. Before that: curl --resolve ${host}:${number}:127.0.0.1 ${asked}`;
}
