import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { columns } from "../format.ts";

interface Setting {
  readonly name: string;
  readonly field:
    | "startTimeoutSeconds"
    | "releaseTimeoutSeconds"
    | "releaseHistoryLimit"
    | "logMaxMegabytes"
    | "logMaxDays"
    | "branch";
  readonly takes: "time" | "count" | "text";
  readonly absent: string;
  readonly meaning: string;
}

const settings: readonly Setting[] = [
  {
    name: "start-timeout",
    field: "startTimeoutSeconds",
    takes: "time",
    absent: "120s",
    meaning: "How long a release may take to get ready without any progress.",
  },
  {
    name: "release-timeout",
    field: "releaseTimeoutSeconds",
    takes: "time",
    absent: "600s",
    meaning: "How long the release phase may take.",
  },
  {
    name: "releases",
    field: "releaseHistoryLimit",
    takes: "count",
    absent: "20",
    meaning: "How many releases are kept, with their images, to go back to.",
  },
  {
    name: "log-megabytes",
    field: "logMaxMegabytes",
    takes: "count",
    absent: "50",
    meaning: "How many megabytes of the app's lines are kept, compressed.",
  },
  {
    name: "log-days",
    field: "logMaxDays",
    takes: "count",
    absent: "7",
    meaning: "How many days the app's lines are kept.",
  },
  {
    name: "branch",
    field: "branch",
    takes: "text",
    absent: "main or master",
    meaning: "Branch whose push deploys.",
  },
];

export const command: Command = {
  name: "settings",
  group: "Apps",
  summary: "Show or change an app's time-outs, and how many releases and lines it keeps.",
  usage: "[NAME=VALUE ... | NAME= ...]",
  description:
    "Without arguments all settings are shown. NAME= goes back to what holds by itself. Times are 90, 90s, 5m or 1h.\n" +
    `The settings: ${settings.map(({ name }) => name).join(", ")}.`,
  options: [appOption],
  examples: [
    "nagi settings",
    "nagi settings start-timeout=5m release-timeout=30m",
    "nagi settings releases=",
  ],
  async run(context) {
    const found = await getApp(context);
    const changes = context.args.map(changeOf);
    if (changes.length === 0) return context.terminal.print(settingsText(found));
    const { namespace, name = "" } = found.metadata;
    const client = await context.client();
    const spec = Object.fromEntries(changes);
    const changed = await client.patch(appKind, { namespace, name }, { type: "merge", body: { spec } });
    context.terminal.print(settingsText(changed));
  },
};

function settingsText({ spec = {} }: App): string {
  const rows = settings.map(({ name, field, takes, absent, meaning }) => {
    const value = spec[field];
    const own = takes === "time" ? `${String(value)}s` : String(value);
    return [name, value === undefined ? `${absent} (default)` : own, meaning];
  });
  return columns([["SETTING", "VALUE", "WHAT IT MEANS"], ...rows]);
}

function changeOf(word: string): [field: string, value: string | number | null] {
  const at = word.indexOf("=");
  const [name, text] = [word.slice(0, at), word.slice(at + 1)];
  const setting = at < 1 ? undefined : settings.find((each) => each.name === name);
  if (setting === undefined)
    throw new UsageError(
      `${JSON.stringify(word)} is no setting`,
      `Settings are NAME=VALUE, of: ${settings.map((each) => each.name).join(", ")}`,
    );
  return [setting.field, text === "" ? null : valueOf(setting, text)];
}

function valueOf({ name, takes }: Setting, text: string): string | number {
  if (takes === "text") return text;
  if (takes === "time") {
    const seconds = parseDuration(text, name) / 1000;
    if (Number.isInteger(seconds) && seconds > 0) return seconds;
  } else if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  const allowed = takes === "time" ? "whole seconds, 1s or more" : "a whole number above 0";
  throw new UsageError(`${name} is ${JSON.stringify(text)}: must be ${allowed}`);
}
