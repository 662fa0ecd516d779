import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { appOption } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { changeConfig, checkedName, platformNames, readConfig, type Values } from "../config/config-vars.ts";
import { DotenvError, formatDotenv, formatShell, parseDotenv } from "../config/dotenv.ts";
import { editText } from "../edit-text.ts";
import { columns } from "../format.ts";
import { outputOption } from "../manifests.ts";
import { masked, shownValue } from "../config/masked.ts";

export const command: Command = {
  name: "config",
  group: "Apps",
  summary: "Show, change, import or export an app's config vars; a change makes a release.",
  usage: "[set NAME=VALUE ... | unset NAME ... | get NAME | edit | import FILE | export]",
  description:
    "Values are masked unless --show is given; get and export show them. A change waits for its release: when that\n" +
    "fails, the config vars go back to what they were. import reads a .env file (- is standard input) and sets what\n" +
    "is in it; with --replace it unsets the rest. edit opens all of them in $EDITOR.",
  subcommands: ["set", "unset", "get", "edit", "import", "export"],
  options: [
    appOption,
    outputOption(["json", "yaml"]),
    { name: "show", type: "boolean", description: "Show values as they are." },
    {
      name: "format",
      type: "string",
      value: "FORMAT",
      choices: ["env", "json", "shell"],
      description: "Of export: env, json or shell (default env).",
    },
    { name: "shell", short: "s", type: "boolean", description: "The same as export --format env." },
    { name: "replace", type: "boolean", description: "With import: unset what the file does not have." },
    { name: "no-wait", type: "boolean", description: "Do not wait for the release." },
  ],
  examples: [
    "nagi config --app shop",
    "nagi config set LOG_LEVEL=debug",
    "nagi config:unset LOG_LEVEL",
    "nagi config import .env",
    "nagi config export --format json",
  ],
  async run(context) {
    const [word, ...words] = context.args;
    if (word === undefined)
      return context.flag("shell") ? await exported(context, "env") : await show(context);
    const action = actions[word];
    if (action !== undefined) return await action(context, words);
    throw new UsageError(
      `nagi config has no action ${JSON.stringify(word)}`,
      `The actions: ${Object.keys(actions).join(", ")}`,
    );
  },
};

type Action = (context: CommandContext, words: readonly string[]) => Promise<number | void>;

const actions: Readonly<Record<string, Action>> = {
  set: async (context, words) => {
    const changes = assignments(words);
    return await changeConfig(context, await readConfig(context), changes);
  },
  unset,
  get: getOne,
  edit,
  import: imported,
  export: (context) => exported(context, context.text("format") ?? "env"),
};

async function show(context: CommandContext): Promise<void> {
  const { found, values } = await readConfig(context);
  const showValues = context.flag("show");
  const entries = Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { terminal } = context;
  const output = context.text("output");
  if (output === "json") {
    const shown = entries.map(([key, value]) => [key, showValues ? value : masked]);
    return terminal.print(JSON.stringify(Object.fromEntries(shown), null, 2));
  }
  if (output === "yaml") {
    for (const [key, value] of entries)
      terminal.print(`${key}: ${JSON.stringify(showValues ? value : masked)}`);
    return undefined;
  }
  if (entries.length === 0)
    return terminal.note(
      `App ${found.metadata.name} has no config vars. Set one: nagi config set NAME=VALUE`,
    );
  terminal.print(columns(entries.map(([key, value]) => [`${key}:`, shownValue(value, showValues)])));
  if (!showValues) terminal.note("Values are masked: nagi config --show, or nagi config get NAME");
  return undefined;
}

async function getOne(context: CommandContext, words: readonly string[]): Promise<number | void> {
  const [name] = words;
  if (name === undefined || words.length > 1) throw new UsageError("nagi config get needs one name");
  const value = (await readConfig(context)).values[name];
  if (value === undefined) return 1;
  return context.terminal.print(value);
}

async function unset(context: CommandContext, words: readonly string[]): Promise<number> {
  if (words.length === 0) throw new UsageError("nagi config unset needs the names of the variables");
  const config = await readConfig(context);
  const missing = words.filter((name) => config.values[name] === undefined);
  if (missing.length > 0)
    throw new UsageError(
      `app ${config.found.metadata.name} has no config var ${missing.join(", ")}`,
      `It has: ${Object.keys(config.values).toSorted().join(", ") || "none"}`,
    );
  return await changeConfig(context, config, Object.fromEntries(words.map((name) => [name, null])));
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

async function imported(context: CommandContext, words: readonly string[]): Promise<number> {
  const [file] = words;
  if (file === undefined || words.length > 1)
    throw new UsageError(
      "nagi config import needs one file",
      "For instance: nagi config import .env, or - for standard input",
    );
  const text = file === "-" ? await context.terminal.readInput() : await readText(context, file);
  const given = parsed(text, file === "-" ? "standard input" : file);
  const skipped = platformNames.filter((name) => Object.hasOwn(given, name));
  if (skipped.length > 0) context.terminal.note(`Left out, as the platform gives it: ${skipped.join(", ")}`);
  const wanted = Object.fromEntries(Object.entries(given).filter(([name]) => !skipped.includes(name)));
  const config = await readConfig(context);
  const rest = context.flag("replace") ? missingIn(wanted, config.values) : {};
  return await changeConfig(context, config, { ...rest, ...wanted });
}

async function readText(context: CommandContext, file: string): Promise<string> {
  try {
    return await readFile(resolve(context.host.cwd, file), "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new UsageError(`there is no file ${file}`, "Name a .env file, or - for standard input");
  }
}

function parsed(text: string, origin: string): Record<string, string> {
  try {
    return parseDotenv(text, origin);
  } catch (error) {
    if (!(error instanceof DotenvError)) throw error;
    throw new UsageError(error.message, "Nothing is changed");
  }
}

/** To be unset: what is there and not wanted. */
function missingIn(wanted: Values, present: Values): Record<string, null> {
  const names = Object.keys(present).filter((name) => !Object.hasOwn(wanted, name));
  return Object.fromEntries(names.map((name) => [name, null]));
}

async function exported(context: CommandContext, format: string): Promise<void> {
  const { values } = await readConfig(context);
  if (format === "json")
    return context.terminal.print(JSON.stringify(values, Object.keys(values).toSorted(), 2));
  return context.terminal.write(format === "shell" ? formatShell(values) : formatDotenv(values));
}

async function edit(context: CommandContext): Promise<number> {
  const config = await readConfig(context);
  const head = `# Config vars of ${config.found.metadata.name}: NAME=value. Lines that you take out are unset.\n`;
  const text = await editText(context, ".env", head + formatDotenv(config.values));
  const wanted = parsed(text, "the edited text");
  for (const name of Object.keys(wanted)) checkedName(name);
  return await changeConfig(context, config, { ...missingIn(wanted, config.values), ...wanted });
}
