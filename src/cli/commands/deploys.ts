import { defaultKeepSeconds, deployStrategies } from "../../model/kinds/nagi/app/app-deploy.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { refOf } from "../../model/meta.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { releasesOf, standbyOf, wishDeploy } from "../deploys/deploy-wish.ts";
import { showDeploys, strategyText } from "../deploys/show-deploys.ts";

const actions = ["status", "strategy", "cancel", "finish"] as const;

export const command: Command = {
  name: "deploys",
  group: "Deploying",
  summary: "Show how a release takes over from the one before, or choose it.",
  usage: "[[status] [APP] | strategy [APP] [STRATEGY] | cancel [APP] | finish [APP]]",
  description:
    "rolling replaces instances bit by bit: the old ones serve until the new ones are ready. recreate ends the old ones\n" +
    "before the new ones start: for what must not run twice; nobody answers in between. blue-green runs web of the new\n" +
    "release beside the old one, at an address of its own, until nagi cutover. Processes with a volume are recreated\n" +
    'whatever is chosen. app.json may choose too: { "deploy": { "strategy": "recreate" } }; what is set here wins.\n' +
    "cancel gives up the release that is under way or held; finish ends what still runs for the way back.",
  subcommands: [...actions],
  options: [
    appOption,
    {
      name: "keep",
      type: "string",
      value: "DURATION",
      description: "Of blue-green: how long the old release goes on after a cutover, for the way back (10m).",
    },
  ],
  examples: [
    "nagi deploys",
    "nagi deploys strategy recreate",
    "nagi deploys strategy shop blue-green --keep 30m",
    "nagi deploys cancel shop",
  ],
  async run(context) {
    const [action = "status", ...words] = context.args;
    switch (action) {
      case "status":
        return await showDeploys(context, await getApp(context, onlyWord(words, action)));
      case "strategy":
        return await chooseStrategy(context, words);
      case "cancel":
        return await cancel(context, await getApp(context, onlyWord(words, action)));
      case "finish":
        return await finish(context, await getApp(context, onlyWord(words, action)));
      default:
        return await showDeploys(context, await getApp(context, onlyWord([action, ...words], "status")));
    }
  },
};

const underWay: readonly (string | undefined)[] = [undefined, "Pending", "Releasing", "Deploying", "Held"];

async function cancel(context: CommandContext, found: App): Promise<void> {
  const [newest] = await releasesOf(context, found);
  const { name } = found.metadata;
  if (newest === undefined || !underWay.includes(newest.status?.phase))
    throw new UsageError(
      `no release of ${name} is under way or held`,
      `To go back from a live one: nagi rollback --app ${name}`,
    );
  await wishDeploy(context, found, { action: "cancel", release: newest });
  context.terminal.print(`v${newest.spec.version} of ${name} is cancelled; the live release goes on`);
}

async function finish(context: CommandContext, found: App): Promise<void> {
  const before = standbyOf(await releasesOf(context, found));
  const { name } = found.metadata;
  if (before === undefined) throw new UsageError(`no release of ${name} that was cut over still runs`);
  await wishDeploy(context, found, { action: "finish", release: before });
  context.terminal.print(`v${before.spec.version} of ${name} ends; the way back is now: nagi rollback`);
}

function onlyWord(words: readonly string[], action: string): string | undefined {
  if (words.length > 1)
    throw new UsageError(
      `nagi deploys ${action} takes one app, not ${words.length} words: ${words.join(" ")}`,
    );
  return words[0];
}

async function chooseStrategy(context: CommandContext, words: readonly string[]): Promise<void> {
  const isStrategy = (word: string | undefined): boolean => deployStrategies.some((each) => each === word);
  const [first, second] = words;
  const onlyStrategy = words.length === 1 && (isStrategy(first) || context.text("app") !== undefined);
  const [name, strategy] = onlyStrategy ? [undefined, first] : [first, second];
  if (words.length > 2 || (strategy !== undefined && !isStrategy(strategy)))
    throw new UsageError(
      `there is no deploy strategy ${JSON.stringify(words.length > 2 ? words.slice(1).join(" ") : strategy)}`,
      `The strategies: ${deployStrategies.join(", ")}. For instance: nagi deploys strategy shop recreate`,
    );
  const found = await getApp(context, name);
  const keep = context.text("keep");
  if (strategy === undefined && keep === undefined) {
    context.terminal.print(strategyText(found));
    return;
  }
  const keepSeconds = keep === undefined ? undefined : parseDuration(keep, "--keep") / 1000;
  checkKeep(found, strategy, keepSeconds);
  const deploy = {
    ...(strategy === undefined ? {} : { strategy }),
    ...(keepSeconds === undefined ? {} : { keepSeconds }),
  };
  const client = await context.client();
  const written = await client.patch(appKind, refOf(found), { type: "merge", body: { spec: { deploy } } });
  context.terminal.print(strategyText(written));
}

function checkKeep({ spec }: App, strategy: string | undefined, keepSeconds: number | undefined): void {
  if (keepSeconds === undefined) return;
  if (!Number.isInteger(keepSeconds))
    throw new UsageError(`--keep is ${keepSeconds} s: must be whole seconds`);
  if ((strategy ?? spec?.deploy?.strategy) === "blue-green") return;
  throw new UsageError(
    "--keep belongs to the strategy blue-green",
    `There the old release goes on for ${defaultKeepSeconds / 60} minutes unless it says otherwise.`,
  );
}
