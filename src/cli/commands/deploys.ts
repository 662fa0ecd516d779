import { defaultKeepSeconds, deployStrategies } from "../../model/kinds/nagi/app/app-deploy.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { refOf } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { canaryOf, canaryOptions } from "../deploys/canary-options.ts";
import { parseDuration } from "../duration.ts";
import { releasesOf, standbyOf, wishDeploy } from "../deploys/deploy-wish.ts";
import { showDeploys, strategyText } from "../deploys/show-deploys.ts";

const actions = ["status", "strategy", "promote", "pause", "resume", "abort", "cancel", "finish"] as const;

export const command: Command = {
  name: "deploys",
  group: "Deploying",
  summary: "Show how a release takes over from the one before, or choose it.",
  usage: "[[status] [APP] | strategy [APP] [STRATEGY] | promote|pause|resume|abort|cancel|finish [APP]]",
  description:
    "rolling replaces instances bit by bit: the old ones serve until the new ones are ready. recreate ends the old ones\n" +
    "before the new ones start: for what must not run twice; nobody answers in between. blue-green runs web of the new\n" +
    "release beside the old one, at an address of its own, until nagi cutover. canary runs it beside the old one too and gives\n" +
    "it a growing share of the requests, step by step, until it has all; it is given up by itself when more of its answers\n" +
    "fail or take longer than may be. promote gives it all at once, pause and resume hold a step, abort gives it up. Processes with a volume are recreated\n" +
    'whatever is chosen. app.json may choose too: { "deploy": { "strategy": "recreate" } }; what is set here wins.\n' +
    "cancel gives up the release that is under way or held; finish ends what still runs for the way back.",
  subcommands: [...actions],
  options: [
    appOption,
    ...canaryOptions,
    {
      name: "keep",
      type: "string",
      value: "DURATION",
      description:
        "Of blue-green and canary: how long the old release goes on after a cutover, for the way back (10m).",
    },
  ],
  examples: [
    "nagi deploys",
    "nagi deploys strategy recreate",
    "nagi deploys strategy shop blue-green --keep 30m",
    "nagi deploys strategy shop canary --steps 5,25,50 --interval 1m --max-error-rate 1 --max-latency 500ms",
    "nagi deploys promote shop",
    "nagi deploys cancel shop",
  ],
  async run(context) {
    const [action = "status", ...words] = context.args;
    switch (action) {
      case "status":
        return await showDeploys(context, await getApp(context, onlyWord(words, action)));
      case "strategy":
        return await chooseStrategy(context, words);
      case "promote":
      case "pause":
      case "resume":
        return await steer(context, await getApp(context, onlyWord(words, action)), action);
      case "abort":
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

const steered = {
  promote: "gets all requests",
  pause: "stays at its share: nagi deploys resume, promote or abort",
  resume: "goes on",
} as const;

/** A canary that is under way; a held release is promoted by its cutover. */
async function steer(context: CommandContext, found: App, action: keyof typeof steered): Promise<void> {
  const [newest] = await releasesOf(context, found);
  const { name } = found.metadata;
  const { phase, canary } = newest?.status ?? {};
  const isHeld = action === "promote" && phase === "Held";
  if (newest === undefined || !(isHeld || (phase === "Deploying" && canary !== undefined)))
    throw new UsageError(
      `no canary of ${name} is under way`,
      `Deploys become canaries with: nagi deploys strategy ${name} canary. See: nagi deploys ${name}`,
    );
  await wishDeploy(context, found, { action: isHeld ? "cutover" : action, release: newest });
  context.terminal.print(`v${newest.spec.version} of ${name} ${steered[action]}`);
}

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
  const onlyStrategy = words.length === 1 && (isStrategy(first) || context.isGiven("app"));
  const [name, strategy] = onlyStrategy ? [undefined, first] : [first, second];
  if (words.length > 2 || (strategy !== undefined && !isStrategy(strategy)))
    throw new UsageError(
      `there is no deploy strategy ${JSON.stringify(words.length > 2 ? words.slice(1).join(" ") : strategy)}`,
      `The strategies: ${deployStrategies.join(", ")}. For instance: nagi deploys strategy shop recreate`,
    );
  const found = await getApp(context, name);
  const keep = context.text("keep");
  const canary = canaryOf(context);
  checkCanary(found, strategy, canary !== undefined);
  if (strategy === undefined && keep === undefined && canary === undefined) {
    context.terminal.print(strategyText(found));
    return;
  }
  const keepSeconds = keep === undefined ? undefined : parseDuration(keep, "--keep") / 1000;
  checkKeep(found, strategy, keepSeconds);
  const deploy = {
    ...(strategy === undefined ? {} : { strategy }),
    ...(keepSeconds === undefined ? {} : { keepSeconds }),
    ...(canary === undefined ? {} : { canary: canary as JsonValue }),
  };
  const client = await context.client();
  const written = await client.patch(appKind, refOf(found), { type: "merge", body: { spec: { deploy } } });
  context.terminal.print(strategyText(written));
}

function checkCanary({ spec }: App, strategy: string | undefined, isGiven: boolean): void {
  if (!isGiven || (strategy ?? spec?.deploy?.strategy) === "canary") return;
  throw new UsageError(
    "--steps, --interval, --max-error-rate and --max-latency belong to the strategy canary",
    "For instance: nagi deploys strategy shop canary --steps 5,25,50",
  );
}

function checkKeep({ spec }: App, strategy: string | undefined, keepSeconds: number | undefined): void {
  if (keepSeconds === undefined) return;
  if (!Number.isInteger(keepSeconds))
    throw new UsageError(`--keep is ${keepSeconds} s: must be whole seconds`);
  if (["blue-green", "canary"].includes(strategy ?? spec?.deploy?.strategy ?? "")) return;
  throw new UsageError(
    "--keep belongs to the strategies blue-green and canary",
    `With blue-green the old release goes on for ${defaultKeepSeconds / 60} minutes unless it says otherwise.`,
  );
}
