import { findObject } from "../../client/find-object.ts";
import type { LogOptions } from "../../client/client.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import { appName, appOption, getApp } from "../app.ts";
import { parseDuration } from "../duration.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { outputOption } from "../manifests.ts";
import { mergeLogs, type LogLine } from "../log-stream.ts";
import { writeStream } from "../output.ts";
import { paint } from "../terminal.ts";

/** Of each process, unless --tail says otherwise. */
const shownLines = 100;
const searchedLines = 10_000;

export const command: Command = {
  name: "logs",
  group: "Processes",
  summary: "Show the lines of an app's processes and its requests, or of one pod.",
  usage: "[APP | POD] [--follow]",
  options: [
    appOption,
    { name: "follow", short: "f", type: "boolean", description: "Go on with new lines." },
    {
      name: "tail",
      type: "number",
      value: "LINES",
      description: "Last lines of each process (default 100, with --grep 10000; a pod: all).",
    },
    {
      name: "process",
      short: "p",
      type: "string",
      value: "TYPE",
      description: "Only this process type, or router.",
    },
    { name: "previous", type: "boolean", description: "Of the container before the last crash." },
    {
      name: "container",
      short: "c",
      type: "string",
      value: "NAME",
      description: "Container of a pod with several.",
    },
    { name: "since", type: "string", value: "DURATION", description: "Only newer lines: 30s, 5m, 2h." },
    {
      name: "grep",
      type: "string",
      value: "PATTERN",
      description: "Only lines that match this regular expression (an app's).",
    },
    outputOption(["json"]),
    { name: "timestamps", type: "boolean", description: "With the time of each line (a pod's)." },
  ],
  examples: [
    "nagi logs --follow",
    "nagi logs --app shop --process router",
    "nagi logs --since 1h --grep 'status=5' --process router",
    "nagi logs --follow -o json",
    "nagi logs shop-web-5d9f7-x2x4q --previous",
  ],
  async run(context) {
    const options: LogOptions = {
      follow: context.flag("follow"),
      previous: context.flag("previous"),
      container: context.text("container"),
      tailLines: context.number("tail"),
      sinceSeconds: seconds(context.text("since")),
      timestamps: context.flag("timestamps"),
      signal: context.signal,
    };
    const word = context.args[0];
    const meant = word === undefined ? undefined : await findPod(context, word);
    if (meant !== undefined) {
      refuseAppOptions(context);
      const client = await context.client();
      const ref = { namespace: meant.metadata.namespace, name: meant.metadata.name ?? "" };
      return await writeStream(context.terminal, client.log(pod, ref, options));
    }
    return await appLogs(context, await appName(context, word), options);
  },
};

/** A pod of that name, when the word is not the name of an app. */
async function findPod(context: CommandContext, word: string): Promise<Pod | undefined> {
  const client = await context.client();
  const namespace = await context.namespace();
  return await findObject(client, pod, { namespace, name: word.replace(/^pods?\//, "") });
}

function refuseAppOptions(context: CommandContext): void {
  for (const name of ["grep", "output"])
    if (context.text(name) !== undefined)
      throw new UsageError(
        `--${name} is for an app's lines, not for one pod's`,
        "Name the app: nagi logs APP",
      );
}

async function appLogs(context: CommandContext, name: string, options: LogOptions): Promise<void> {
  const { status } = await getApp(context, name);
  if (status?.currentRelease === undefined)
    context.terminal.note(
      `No release of ${name} is live, so nothing of it runs. Deploy it: git push nagi main. How a build went: nagi builds --app ${name}`,
    );
  const client = await context.client();
  const namespace = await context.namespace();
  const only = context.text("process");
  const pattern = patternOf(context.text("grep"));
  const tailLines = options.tailLines ?? (pattern === undefined ? shownLines : searchedLines);
  const stream = mergeLogs({
    client,
    namespace,
    app: name,
    process: only,
    routes: only === undefined || only === "router",
    options: { ...options, tailLines },
    signal: context.signal,
    kinds: { pod, route },
  });
  const isJson = context.text("output") === "json";
  for await (const line of stream) {
    if (pattern?.test(line.text) === false) continue;
    context.terminal.print(isJson ? JSON.stringify(line) : lineText(context, line));
  }
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

function seconds(since: string | undefined): number | undefined {
  return since === undefined ? undefined : Math.ceil(parseDuration(since, "--since") / 1000);
}
