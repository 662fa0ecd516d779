import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { findObject } from "../../client/find-object.ts";
import { configMap } from "../../model/kinds/core/configmap/configmap.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { release } from "../../model/kinds/nagi/release/release.ts";
import { appName, appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import {
  configOfRelease,
  digestOfRelease,
  findRelease,
  type FoundRelease,
} from "../releases/find-release.ts";
import { listObjects, listOptions } from "../listing.ts";
import { objectText } from "../output.ts";
import { releasePhaseLines } from "../../client/release-phase-log.ts";
import { systemClock } from "../../lib/clock.ts";
import { followRelease } from "../releases/release-progress.ts";
import { releaseDiff, releaseInfo } from "../releases/release-text.ts";

export const command: Command = {
  name: "releases",
  group: "Deploying",
  summary: "List an app's releases; show or compare them, read a release phase's log, try one again.",
  usage: "[info [V] | diff [V1] [V2] | output [V] | retry]",
  description:
    "V is a version (v3 or 3); without it the newest release is meant. diff compares with the release before\n" +
    "when one version is given, and the newest with the one before when none is; values of config vars are masked\n" +
    "unless --show-values is given. output is the log of the release phase. retry tries the newest release again\n" +
    "when it has failed, its release phase included; that makes a new release.",
  subcommands: ["info", "diff", "output", "retry"],
  options: [
    appOption,
    ...listOptions,
    {
      name: "show-values",
      type: "boolean",
      description: "With info and diff: values of config vars as they are.",
    },
    { name: "no-wait", type: "boolean", description: "With retry: do not wait for the release." },
  ],
  examples: ["nagi releases", "nagi releases info v3", "nagi releases diff v3 v5", "nagi releases:output v4"],
  async run(context) {
    const [word, ...rest] = context.args;
    const action = actions[word ?? ""];
    if (action !== undefined) return await action(context, rest);
    const name = await appName(context, word);
    if (!context.flag("all-namespaces")) await getApp(context, word);
    await listObjects(context, release, {
      labelSelector: `${appLabel}=${name}`,
      numbered: true,
      empty: `App ${name} has no release yet. Deploy it: git push nagi main`,
    });
    return undefined;
  },
};

type Action = (context: CommandContext, words: readonly string[]) => Promise<number | void>;

const actions: Readonly<Record<string, Action>> = { info, diff, output, retry };

async function info(context: CommandContext, words: readonly string[]): Promise<void> {
  const found = await findRelease(context, words[0]);
  const format = context.text("output");
  if (format !== undefined) return context.terminal.write(objectText(found.release, format));
  const config = await configOfRelease(context, found);
  const showValues = context.flag("show-values");
  const digest = await digestOfRelease(context, found);
  const { terminal } = context;
  return terminal.print(releaseInfo(terminal, found.release, { config, digest, showValues }));
}

async function diff(context: CommandContext, words: readonly string[]): Promise<void> {
  const [one, two] = words;
  const after = await findRelease(context, two ?? one);
  const before = two === undefined ? earlier(after) : await findRelease(context, one);
  const configs = [await configOfRelease(context, before), await configOfRelease(context, after)] as const;
  const text = releaseDiff(
    context.terminal,
    [before.release, after.release],
    configs,
    context.flag("show-values"),
  );
  return context.terminal.print(text);
}

function earlier(found: FoundRelease): FoundRelease {
  const { version } = found.release.spec;
  const before = found.all.filter(({ spec }) => spec.version < version).at(-1);
  if (before !== undefined) return { ...found, release: before };
  throw new UsageError(`v${version} is the first release there is: name two to compare`);
}

async function output(context: CommandContext, words: readonly string[]): Promise<void> {
  const { release: found } = await findRelease(context, words[0]);
  const { metadata, spec, status } = found;
  const { terminal, signal } = context;
  const phase = status?.releasePhase;
  if (phase === undefined) {
    const hint = "A release phase is a line `release: COMMAND` in the Procfile";
    throw new UsageError(`v${spec.version} has no release phase that ran`, hint);
  }
  const client = await context.client();
  if (phase.state === "Running") {
    for await (const line of releasePhaseLines(found, { client, clock: systemClock, signal }))
      terminal.print(line);
    return;
  }
  const ref = { namespace: metadata.namespace, name: phase.output ?? "" };
  const kept = await findObject(client, configMap, ref);
  const log = kept?.data?.["log"] ?? "";
  if (log === "") terminal.note(`The release phase of v${spec.version} wrote nothing.`);
  terminal.write(log === "" || log.endsWith("\n") ? log : `${log}\n`);
}

async function retry(context: CommandContext, words: readonly string[]): Promise<number> {
  const { release: found, all } = await findRelease(context, words[0]);
  const version = `v${found.spec.version}`;
  if (found.spec.version !== all.at(-1)?.spec.version)
    throw new UsageError(
      `${version} is not the newest release`,
      `To go back to it: nagi rollback ${version}`,
    );
  if (found.status?.phase !== "Failed") {
    const phase = (found.status?.phase ?? "Pending").toLowerCase();
    throw new UsageError(
      `${version} has not failed: it is ${phase}`,
      "Only a failed release can be tried again",
    );
  }
  const target = await getApp(context);
  const { namespace, name = "" } = target.metadata;
  const annotations = { "nagi.dev/retry": version, "nagi.dev/wish-problem": null };
  const client = await context.client();
  await client.patch(app, { namespace, name }, { type: "merge", body: { metadata: { annotations } } });
  context.terminal.print(`Trying ${version} of ${name} again`);
  return context.flag("no-wait") ? 0 : await followRelease(context, target);
}
