import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { newObject } from "../../model/kind.ts";
import { controllerRef } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { outputOption } from "../manifests.ts";
import { followRelease } from "../release-progress.ts";

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const command: Command = {
  name: "config",
  group: "Apps",
  summary: "Show, set or unset an app's config vars; a change makes a release.",
  usage: "[set NAME=VALUE ... | unset NAME ... | get NAME]",
  subcommands: ["set", "unset", "get"],
  options: [
    appOption,
    outputOption(["json", "yaml"]),
    { name: "shell", short: "s", type: "boolean", description: "As lines for a shell or an .env file." },
    { name: "no-wait", type: "boolean", description: "Do not wait for the release." },
  ],
  examples: ["nagi config --app shop", "nagi config set LOG_LEVEL=debug", "nagi config:unset LOG_LEVEL"],
  async run(context) {
    const [action, ...words] = context.args;
    if (action === undefined) return await show(context);
    if (action === "set") return await change(context, assignments(words));
    if (action === "get") return await getOne(context, words);
    if (action === "unset") {
      if (words.length === 0) throw new UsageError("nagi config unset needs the names of the variables");
      return await change(context, Object.fromEntries(words.map((name) => [checkedName(name), null])));
    }
    throw new UsageError(
      `nagi config has no action ${JSON.stringify(action)}`,
      "The actions: set NAME=VALUE, unset NAME, get NAME",
    );
  },
};

async function valuesOf(context: CommandContext): Promise<{ found: App; values: Record<string, string> }> {
  const found = await getApp(context);
  const client = await context.client();
  const { namespace, name } = found.metadata;
  try {
    const { data = {} } = await client.get(secret, { namespace, name: `${name}-config` });
    const decode = (text: string): string => Buffer.from(text, "base64").toString("utf8");
    return {
      found,
      values: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, decode(text)])),
    };
  } catch (error) {
    if (isNotFound(error)) return { found, values: {} };
    throw error;
  }
}

async function show(context: CommandContext): Promise<void> {
  const { found, values } = await valuesOf(context);
  const entries = Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const output = context.text("output");
  if (output === "json") return context.terminal.print(JSON.stringify(Object.fromEntries(entries), null, 2));
  if (output === "yaml" || context.flag("shell")) {
    const separator = output === "yaml" ? ": " : "=";
    const quoted = (value: string): string => (output === "yaml" ? JSON.stringify(value) : shellWord(value));
    for (const [key, value] of entries) context.terminal.print(`${key}${separator}${quoted(value)}`);
    return undefined;
  }
  if (entries.length === 0) {
    context.terminal.note(
      `App ${found.metadata.name} has no config vars. Set one: nagi config set NAME=VALUE`,
    );
    return undefined;
  }
  return context.terminal.print(columns(entries.map(([key, value]) => [`${key}:`, value])));
}

function shellWord(value: string): string {
  return /^[\w./:@%+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

async function getOne(context: CommandContext, words: readonly string[]): Promise<number | void> {
  const [name] = words;
  if (name === undefined || words.length > 1) throw new UsageError("nagi config get needs one name");
  const value = (await valuesOf(context)).values[name];
  if (value === undefined) return 1;
  return context.terminal.print(value);
}

function assignments(words: readonly string[]): Record<string, string> {
  if (words.length === 0)
    throw new UsageError("nagi config set needs NAME=VALUE", "For instance: nagi config set LOG_LEVEL=debug");
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf("=");
      if (equals < 1) throw new UsageError(`${JSON.stringify(word)} is not of the form NAME=VALUE`);
      return [checkedName(word.slice(0, equals)), word.slice(equals + 1)];
    }),
  );
}

function checkedName(name: string): string {
  if (variableName.test(name)) return name;
  throw new UsageError(
    `${JSON.stringify(name)} is not a name of an environment variable: letters, digits and _ only, no digit first`,
  );
}

async function change(
  context: CommandContext,
  changes: Record<string, string | null>,
): Promise<number | void> {
  const { found, values } = await valuesOf(context);
  const client = await context.client();
  const { namespace, name = "" } = found.metadata;
  const ref = { namespace, name: `${name}-config` };
  const encode = (value: string | null): string | null =>
    value === null ? null : Buffer.from(value).toString("base64");
  const unset = Object.keys(changes).filter((key) => changes[key] === null && values[key] === undefined);
  if (unset.length > 0) throw new UsageError(`app ${name} has no config var ${unset.join(", ")}`);
  if (Object.entries(changes).every(([key, value]) => values[key] === value)) {
    context.terminal.print("Nothing changes: the values are set already.");
    return undefined;
  }
  const data = Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, encode(value)]));
  try {
    await client.patch(secret, ref, { type: "merge", body: { data } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const metadata = {
      ...ref,
      ownerReferences: [controllerRef({ ...found, apiVersion: "nagi.dev/v1", kind: app.kind })],
    };
    await client.create(
      secret,
      newObject<Secret>(secret, metadata, { type: "Opaque", data: data as Record<string, string> }),
    );
  }
  const verb = Object.values(changes).some((value) => value === null) ? "Unset" : "Set";
  context.terminal.print(`${verb} ${Object.keys(changes).join(", ")} of ${name}`);
  if (found.status?.currentRelease === undefined || context.flag("no-wait")) return undefined;
  return await followRelease(context, found);
}
