import { findObject } from "../../client/find-object.ts";
import type { LogOptions } from "../../client/client.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import { logKindOf, logKinds, type LogLine } from "../../model/log-line.ts";
import { appName, appOption, getApp } from "../app.ts";
import { appLogLines } from "../app-log.ts";
import { parseDuration } from "../duration.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { outputOption } from "../manifests.ts";
import { mergeLogs } from "../log-stream.ts";
import { writeStream } from "../output.ts";
import { paint } from "../terminal.ts";

/** Of an app, unless --tail says otherwise. */
const shownLines = 100;

export const command: Command = {
  name: "logs",
  group: "Processes",
  summary: "Show what an app wrote, its requests and what the platform did with it; or the lines of one pod.",
  usage: "[APP | POD] [--follow]",
  description:
    "An app's lines are kept through crashes, restarts and new releases: 50 megabytes (compressed) and 7 days of them,\n" +
    "unless nagi settings log-megabytes=, log-days= say otherwise. Each has a source: a process such as web.x2x4q,\n" +
    "router (a line a request) or platform (builds, releases, scaling, crashes).",
  options: [
    appOption,
    { name: "follow", short: "f", type: "boolean", description: "Go on with new lines." },
    {
      name: "tail",
      short: "n",
      type: "number",
      value: "LINES",
      description: "Last lines (default 100 of an app, with --since, --until or --grep all; a pod: all).",
    },
    {
      name: "process",
      short: "p",
      type: "string",
      value: "TYPE",
      description: "Only this process type, such as web, or one process, such as web.x2x4q.",
    },
    {
      name: "source",
      type: "string",
      value: "SOURCE",
      description:
        "Only lines of the app's processes, of the router or of the platform: app, router or platform.",
    },
    { name: "previous", type: "boolean", description: "Of the container before the last crash." },
    {
      name: "container",
      short: "c",
      type: "string",
      value: "NAME",
      description: "Container of a pod with several.",
    },
    {
      name: "since",
      type: "string",
      value: "TIME",
      description: "Only newer lines: 30s, 5m, 2h ago, or a time such as 2026-11-26T10:00:00Z.",
    },
    {
      name: "until",
      type: "string",
      value: "TIME",
      description: "Only older lines (an app's).",
    },
    {
      name: "grep",
      type: "string",
      value: "PATTERN",
      description: "Only lines that match this regular expression (an app's).",
    },
    outputOption(["json"]),
    { name: "json", type: "boolean", description: "The same as --output json: an object a line." },
    { name: "timestamps", type: "boolean", description: "With the time of each line (a pod's)." },
  ],
  examples: [
    "nagi logs --follow",
    "nagi logs --app shop --source router",
    "nagi logs --since 1h --grep 'status=5' --source router",
    "nagi logs --since 2h --until 1h --process web --json",
    "nagi logs shop-web-5d9f7-x2x4q --previous",
  ],
  async run(context) {
    const word = context.args[0];
    const meant = word === undefined ? undefined : await findPod(context, word);
    if (meant === undefined) return await appLogs(context, await appName(context, word));
    refuseAppOptions(context);
    const since = timeOf(context, "since");
    const options: LogOptions = {
      follow: context.flag("follow"),
      previous: context.flag("previous"),
      container: context.text("container"),
      tailLines: context.number("tail"),
      sinceTime: since === undefined ? undefined : new Date(since).toISOString(),
      timestamps: context.flag("timestamps"),
      signal: context.signal,
    };
    const client = await context.client();
    const ref = { namespace: meant.metadata.namespace, name: meant.metadata.name ?? "" };
    return await writeStream(context.terminal, client.log(pod, ref, options));
  },
};

/** A pod of that name, when the word is not the name of an app. */
async function findPod(context: CommandContext, word: string): Promise<Pod | undefined> {
  const client = await context.client();
  const namespace = await context.namespace();
  return await findObject(client, pod, { namespace, name: word.replace(/^pods?\//, "") });
}

function refuseAppOptions(context: CommandContext): void {
  for (const name of ["grep", "until", "source", "process", "output"])
    if (context.text(name) !== undefined)
      throw new UsageError(
        `--${name} is for an app's lines, not for one pod's`,
        "Name the app: nagi logs APP",
      );
}

async function appLogs(context: CommandContext, name: string): Promise<void> {
  const { status } = await getApp(context, name);
  if (status?.currentRelease === undefined)
    context.terminal.note(
      `No release of ${name} is live, so nothing of it runs. Deploy it: git push nagi main. How a build went: nagi builds --app ${name}`,
    );
  const filter = filterOf(context);
  const isJson = context.flag("json") || context.text("output") === "json";
  const print = (line: LogLine): void =>
    context.terminal.print(isJson ? JSON.stringify(jsonOf(line)) : lineText(context, line));
  const { tail } = filter;
  const follow = context.flag("follow");
  const lines = await linesOf(context, name, filter);
  // What is filtered here is counted here.
  if (filter.isFiltered && tail !== undefined && !follow) {
    const last: LogLine[] = [];
    for await (const line of lines) {
      if (!filter.isWanted(line)) continue;
      last.push(line);
      if (last.length > tail) last.shift();
    }
    for (const line of last) print(line);
    return;
  }
  for await (const line of lines) if (filter.isWanted(line)) print(line);
}

interface Filter {
  readonly source: string | undefined;
  readonly sinceMs: number | undefined;
  readonly tail: number | undefined;
  readonly isFiltered: boolean;
  readonly isWanted: (line: LogLine) => boolean;
}

function filterOf(context: CommandContext): Filter {
  const pattern = patternOf(context.text("grep"));
  const sinceMs = timeOf(context, "since");
  const untilMs = timeOf(context, "until");
  if (untilMs !== undefined && context.flag("follow"))
    throw new UsageError(
      "--until is for lines that are there, --follow for those that come",
      "Leave one away.",
    );
  if (sinceMs !== undefined && untilMs !== undefined && untilMs <= sinceMs)
    throw new UsageError("--until is before --since, so that no line is meant", "Give an earlier --since.");
  const until = untilMs === undefined ? undefined : new Date(untilMs).toISOString();
  const isFiltered = pattern !== undefined || until !== undefined;
  const all = isFiltered || sinceMs !== undefined;
  return {
    source: sourceIn(context),
    sinceMs,
    tail: context.number("tail") ?? (all ? undefined : shownLines),
    isFiltered,
    isWanted: ({ time, text }) => (until === undefined || time < until) && pattern?.test(text) !== false,
  };
}

function sourceIn(context: CommandContext): string | undefined {
  const source = context.text("source");
  if (source !== undefined && !(logKinds as readonly string[]).includes(source))
    throw new UsageError(`--source is ${JSON.stringify(source)}: must be one of ${logKinds.join(", ")}`);
  const process = context.text("process");
  if (source !== undefined && process !== undefined && source !== "app")
    throw new UsageError(
      `--process ${process} and --source ${source} exclude each other`,
      "A process is of the source app: leave one away.",
    );
  return process ?? source;
}

async function linesOf(
  context: CommandContext,
  app: string,
  filter: Filter,
): Promise<AsyncIterable<LogLine>> {
  const client = await context.client();
  const namespace = await context.namespace();
  const { signal } = context;
  const follow = context.flag("follow");
  const { source, sinceMs, isFiltered } = filter;
  if (context.flag("previous")) {
    const options = { previous: true, tailLines: filter.tail, signal };
    const kinds = { pod, route };
    return mergeLogs({ client, namespace, app, process: source, routes: false, options, signal, kinds });
  }
  const tail = isFiltered ? undefined : filter.tail;
  return appLogLines({ client, namespace, app, source, sinceMs, tail, follow, signal });
}

function jsonOf({ time, source, text }: LogLine): object {
  return { time, kind: logKindOf(source), source, text };
}

function patternOf(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text, "u");
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /, "") : "";
    throw new UsageError(
      `--grep is ${JSON.stringify(text)}: must be a regular expression (${reason})`,
      "Characters such as [ ( * + ? stand for themselves after a backslash.",
    );
  }
}

const sourceColours = ["cyan", "green", "yellow"] as const;

function lineText({ terminal }: CommandContext, { time, source, text }: LogLine): string {
  const hash = Buffer.from(source).reduce((sum, byte) => sum + byte, 0);
  const lead = `${time} ${source}:`;
  return `${paint(terminal, sourceColours[hash % sourceColours.length] ?? "cyan", lead)} ${text}`;
}

/** In milliseconds since the epoch: so long ago, or the time that is given. */
function timeOf(context: CommandContext, option: "since" | "until"): number | undefined {
  const text = context.text(option);
  if (text === undefined) return undefined;
  if (/^\d{4}-\d\d-\d\d([T ]|$)/.test(text)) {
    const timeMs = Date.parse(text);
    if (!Number.isNaN(timeMs)) return timeMs;
    throw new UsageError(
      `--${option} is ${JSON.stringify(text)}: no such time`,
      "Times are written as 2026-11-26T10:00:00Z, or as so long ago: 30s, 5m, 1h30m.",
    );
  }
  return Date.now() - parseDuration(text, `--${option}`);
}
