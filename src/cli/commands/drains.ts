import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { newObject } from "../../model/kind.ts";
import { secret as secretKind, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import {
  appsAtHost,
  drainLoop,
  drainLoopText,
  type Leads,
} from "../../model/kinds/nagi/logdrain/drain-loop.ts";
import { checkDrainUrl, drainSchemes } from "../../model/kinds/nagi/logdrain/drain-url.ts";
import { leadsOf, logDrain, type LogDrain } from "../../model/kinds/nagi/logdrain/logdrain.ts";
import { controllerRef, refOf } from "../../model/meta.ts";
import { ageText } from "../../model/table.ts";
import { appName, appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { listText, objectText } from "../output.ts";

const idBytes = 4;

export const command: Command = {
  name: "drains",
  group: "Processes",
  summary: "Send an app's lines elsewhere as they come: to syslog over TLS, or to an HTTP address.",
  usage: "[list | add URL | info ID | remove ID] [--app NAME]",
  description:
    `Addresses: ${drainSchemes.map((scheme) => `${scheme}://`).join(", ")}. Syslog gets RFC 5424 with octet counting; HTTP\n` +
    "gets POST requests of JSON, an object a line. An address of HTTP may have user:password@, which is kept in a Secret.\n" +
    "10,000 lines wait for a receiver that is slow or away; beyond that the oldest are dropped, counted (info) and told of\n" +
    "in the stream.",
  subcommands: ["list", "add", "info", "remove"],
  options: [
    appOption,
    {
      name: "source",
      type: "string",
      value: "SOURCE",
      description: "With add: only these lines: app, router, platform, or a process type such as web.",
    },
    {
      name: "ca",
      type: "string",
      value: "FILE",
      description: "With add: authority that vouches for the receiver's certificate, in PEM.",
    },
    {
      name: "output",
      short: "o",
      type: "string",
      value: "FORMAT",
      choices: ["json"],
      description: "Output format of list and info.",
    },
  ],
  examples: [
    "nagi drains add syslog+tls://logs.example.com:6514 --app shop",
    "nagi drains add syslog+tls://10.0.0.5:6514 --ca ca.pem --source router",
    "nagi drains add https://me:secret@in.example.com/v1/logs",
    "nagi drains info 1f2e3d4c --app shop",
  ],
  async run(context) {
    const [action = "list", ...words] = context.args;
    const act = actions[action];
    if (act === undefined)
      throw new UsageError(
        `nagi drains has no action ${JSON.stringify(action)}`,
        `The actions: ${Object.keys(actions).join(", ")}`,
      );
    await act(context, words);
  },
};

type Action = (context: CommandContext, words: readonly string[]) => Promise<void>;

const actions: Readonly<Record<string, Action>> = { list, add, info, remove };

async function list(context: CommandContext): Promise<void> {
  const drains = await drainsOf(context);
  if (context.text("output") === "json") return context.terminal.write(listText(drains, "json"));
  const app = await appName(context);
  if (drains.length === 0)
    return context.terminal.note(`App ${app} has no drains. Add one: nagi drains add URL --app ${app}`);
  const rows = drains.map((drain) => {
    const { phase = "Waiting", sent = 0, dropped = 0 } = drain.status ?? {};
    return [idOf(drain), drain.spec.url, drain.spec.source ?? "all", phase, String(sent), String(dropped)];
  });
  context.terminal.print(columns([["ID", "URL", "SOURCE", "STATUS", "SENT", "DROPPED"], ...rows]));
}

async function add(context: CommandContext, words: readonly string[]): Promise<void> {
  const [given, ...more] = words;
  if (given === undefined || more.length > 0)
    throw new UsageError(
      "nagi drains add takes one address",
      "For instance: nagi drains add syslog+tls://logs.example.com:6514 --app shop",
    );
  const { url, authorization } = withoutUser(given);
  const problem = checkDrainUrl(url);
  if (problem !== undefined) throw new UsageError(`the address is ${JSON.stringify(url)}: ${problem}`);
  if (authorization !== undefined && !url.startsWith("http"))
    throw new UsageError("syslog knows no users: give the address without one");
  const ca = caOf(context);
  const found = await getApp(context);
  const { namespace = "", name: app = "" } = found.metadata;
  const source = context.text("source");
  await refuseLoop(context, { app: `${namespace}/${app}`, url, source });
  const id = randomBytes(idBytes).toString("hex");
  const name = `${app}-${id}`;
  const hasSecret = authorization !== undefined || ca !== undefined;
  const client = await context.client();
  const spec = { app, url, source, ...(hasSecret ? { secretName: `${name}-drain` } : {}) };
  const metadata = { namespace, name, labels: { [appLabel]: app }, ownerReferences: [controllerRef(found)] };
  if (hasSecret) {
    const stringData = {
      ...(authorization === undefined ? {} : { authorization }),
      ...(ca === undefined ? {} : { "ca.crt": ca }),
    };
    await client.create(
      secretKind,
      newObject<Secret>(
        secretKind,
        { ...metadata, name: `${name}-drain` },
        { type: "nagi.dev/drain", stringData },
      ),
    );
  }
  await client.create(logDrain, newObject<LogDrain>(logDrain, metadata, { spec }));
  context.terminal.print(`Added drain ${id} to app ${app}: ${url}`);
  context.terminal.print(`Whether lines arrive: nagi drains info ${id} --app ${app}`);
}

async function info(context: CommandContext, [id]: readonly string[]): Promise<void> {
  const drain = await findDrain(context, id);
  if (context.text("output") === "json") return context.terminal.write(objectText(drain, "json"));
  const {
    phase = "Waiting",
    message,
    failingSince,
    sent = 0,
    dropped = 0,
    buffered = 0,
    lastSentTime,
  } = drain.status ?? {};
  const nowMs = Date.now();
  const rows = [
    ["ID", idOf(drain)],
    ["URL", drain.spec.url],
    ["Lines", drain.spec.source ?? "all"],
    ["Status", failingSince === undefined ? phase : `${phase} for ${ageText(failingSince, nowMs)}`],
    ...(message === undefined ? [] : [["Reason", message]]),
    ["Sent", `${sent}${lastSentTime === undefined ? "" : `, the last ${ageText(lastSentTime, nowMs)} ago`}`],
    ["Waiting", String(buffered)],
    ["Dropped", String(dropped)],
  ];
  context.terminal.print(columns(rows));
}

async function remove(context: CommandContext, [id]: readonly string[]): Promise<void> {
  if (id === undefined)
    throw new UsageError("nagi drains remove needs the ID or the address of a drain", "See: nagi drains");
  const drain = await findDrain(context, id);
  const client = await context.client();
  await client.delete(logDrain, refOf(drain));
  const { secretName } = drain.spec;
  if (secretName !== undefined && secretName.startsWith(drain.metadata.name ?? ""))
    await client.delete(secretKind, { namespace: drain.metadata.namespace, name: secretName });
  context.terminal.print(`Removed drain ${idOf(drain)}: ${drain.spec.url}`);
}

async function drainsOf(context: CommandContext): Promise<readonly LogDrain[]> {
  const client = await context.client();
  const { name = "" } = (await getApp(context)).metadata;
  const { items } = await client.list(logDrain, { namespace: await context.namespace() });
  return items.filter(({ spec }) => spec.app === name);
}

function idOf({ metadata, spec }: LogDrain): string {
  const { name = "" } = metadata;
  return name.startsWith(`${spec.app}-`) ? name.slice(spec.app.length + 1) : name;
}

/** Without an id the only one is meant. */
async function findDrain(context: CommandContext, given: string | undefined): Promise<LogDrain> {
  const drains = await drainsOf(context);
  const fits = (drain: LogDrain): boolean =>
    [idOf(drain), drain.metadata.name, drain.spec.url].includes(given);
  const found = given === undefined && drains.length === 1 ? drains[0] : drains.find(fits);
  if (found !== undefined) return found;
  const app = await appName(context);
  if (drains.length === 0)
    throw new UsageError(`app ${app} has no drains`, `Add one: nagi drains add URL --app ${app}`);
  throw new UsageError(
    given === undefined ? `app ${app} has several drains` : `app ${app} has no drain ${given}`,
    `There are: ${drains.map(idOf).join(", ")}`,
  );
}

async function refuseLoop(context: CommandContext, drain: Leads): Promise<void> {
  const client = await context.client();
  // Who may not see other namespaces is told by the drain's status.
  const namespace = drain.app.slice(0, drain.app.indexOf("/"));
  const [routes, drains] = await Promise.all([
    client.list(route, { namespace }),
    client.list(logDrain, { namespace }),
  ]);
  const others = drains.items.map(leadsOf);
  const loop = drainLoop(drain, others, appsAtHost(routes.items));
  if (loop === undefined) return;
  throw new UsageError(
    `the address is ${JSON.stringify(drain.url)}: ${drainLoopText(drain.app, loop)}`,
    "Send the lines to something else, or with --source platform only the platform's",
  );
}

/** What stands before the @ is no part of the address that is shown. */
function withoutUser(text: string): { readonly url: string; readonly authorization: string | undefined } {
  const [, scheme = "", user, rest = ""] = /^([a-z+]+:\/\/)([^/@]+)@(.*)$/.exec(text) ?? [];
  if (user === undefined) return { url: text, authorization: undefined };
  return { url: `${scheme}${rest}`, authorization: decodeURIComponent(user) };
}

function caOf(context: CommandContext): string | undefined {
  const file = context.text("ca");
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(resolve(context.host.cwd, file), "utf8");
  } catch (error) {
    throw new UsageError(`cannot read --ca ${file}: ${(error as Error).message}`);
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----"))
    throw new UsageError(
      `--ca ${file} holds no certificate`,
      "It must be in PEM: -----BEGIN CERTIFICATE-----",
    );
  return text;
}
