/** `nagi images prune` and `nagi images retention`. */

import type { Client } from "../../client/client.ts";
import {
  imageRetention,
  retentionName,
  type ImageRetention,
} from "../../model/kinds/nagi/imageretention/imageretention.ts";
import { askPlatform } from "../ask-platform.ts";
import { UsageError, type CommandContext, type Option } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { columns } from "../format.ts";
import { pruneSummary, pruneTable, type PruneAnswer } from "./prune-text.ts";

export const pruneOptions: readonly Option[] = [
  { name: "confirm", type: "boolean", description: "With prune: do it. Without, it is only shown." },
  {
    name: "keep-younger-than",
    type: "string",
    value: "TIME",
    description: "With prune: keep what was pushed later than so long ago, for instance 60m, 7d.",
  },
  {
    name: "keep-tag-revisions",
    type: "number",
    value: "COUNT",
    description: "With prune: how many images each tag remembers and keeps.",
  },
  { name: "all-namespaces", short: "A", type: "boolean", description: "With prune: of all namespaces." },
];

export async function pruneImages(context: CommandContext, words: readonly string[]): Promise<void> {
  const [stream, ...more] = words;
  const everywhere = context.flag("all-namespaces");
  if (more.length > 0 || (everywhere && stream !== undefined))
    throw new UsageError(
      "nagi images prune takes one app or stream",
      "For all there are: nagi images prune -A",
    );
  const confirmed = context.flag("confirm");
  const body = {
    ...(everywhere ? {} : { namespace: await context.namespace() }),
    stream,
    keepYoungerThanSeconds: youngerThan(context),
    keepTagRevisions: context.number("keep-tag-revisions"),
    confirm: confirmed,
  };
  context.terminal.progress(confirmed ? "Removing images that nothing needs" : "Looking at the images");
  const answer = await askPlatform<PruneAnswer>(context, { method: "POST", path: "/-/images/prune", body });
  const { terminal } = context;
  if (answer.images.length === 0) {
    const where = stream === undefined ? "here" : `of ${stream}`;
    return terminal.note(`There are no images ${where}. The streams there are: nagi images`);
  }
  terminal.print(pruneTable(answer, { nowMs: Date.now(), confirmed, withNamespace: everywhere }));
  terminal.print(pruneSummary(answer, confirmed));
  if (!confirmed && answer.images.some(({ keptBecause }) => keptBecause.length === 0))
    terminal.note("To do it: the same with --confirm. What is kept by itself: nagi images retention");
}

function youngerThan(context: CommandContext): number | undefined {
  const text = context.text("keep-younger-than");
  return text === undefined ? undefined : Math.ceil(parseDuration(text, "--keep-younger-than") / 1000);
}

const numbers = [
  "everyHours",
  "diskFullPercent",
  "keepYoungerThanSeconds",
  "keepTagRevisions",
  "keepBuilds",
] as const;
const settings: readonly string[] = [...numbers, "suspend"];

/** Shows what is kept, or changes it with NAME=VALUE. */
export async function showRetention(context: CommandContext, words: readonly string[]): Promise<void> {
  const client = await context.client();
  if (words.length > 0) await changeRetention(client, words);
  const { spec, status } = await client.get(imageRetention, { name: retentionName });
  const rows = settings.map((name) => [name, String(Reflect.get(spec, name)), meanings[name] ?? ""]);
  context.terminal.print(columns([["SETTING", "VALUE", "WHAT IT MEANS"], ...rows]));
  context.terminal.print("");
  context.terminal.print(lastRunText(status));
}

const meanings: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(imageRetention.fields["spec"]?.fields ?? {}).map(([name, { description }]) => [
    name,
    description,
  ]),
);

function lastRunText(status: ImageRetention["status"]): string {
  if (status?.lastRunTime === undefined) return "Images have not been removed yet.";
  const { lastRunTime, reason, removedImages = 0, message } = status;
  const why =
    { Schedule: "as it was time", DiskFull: "as the disk was nearly full" }[reason ?? ""] ?? "as asked";
  if (message !== undefined) return `Last tried ${lastRunTime}, ${why}, and failed: ${message}`;
  return `Last run ${lastRunTime}, ${why}: ${removedImages} images removed.`;
}

async function changeRetention(client: Client, words: readonly string[]): Promise<void> {
  const spec = Object.fromEntries(words.map(parseSetting));
  await client.patch(imageRetention, { name: retentionName }, { type: "merge", body: { spec } });
}

function parseSetting(word: string): [string, number | boolean] {
  const [, name = "", value = ""] = /^(\w+)=(\w+)$/.exec(word) ?? [];
  if (!settings.includes(name))
    throw new UsageError(
      `${JSON.stringify(word)} is no setting`,
      `Settings are NAME=VALUE, of: ${settings.join(", ")}`,
    );
  if (name === "suspend" ? /^(true|false)$/.test(value) : /^\d+$/.test(value))
    return [name, name === "suspend" ? value === "true" : Number(value)];
  const allowed = name === "suspend" ? "true or false" : "a whole number";
  throw new UsageError(`${name} is ${JSON.stringify(value)}: must be ${allowed}`);
}
