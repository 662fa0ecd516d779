import { deployStrategies } from "../../model/kinds/nagi/app/app-deploy.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { refOf } from "../../model/meta.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { showDeploys, strategyText } from "../deploys/show-deploys.ts";

const actions = ["status", "strategy"] as const;

export const command: Command = {
  name: "deploys",
  group: "Deploying",
  summary: "Show how a release takes over from the one before, or choose it.",
  usage: "[status [APP] | strategy [APP] [STRATEGY]]",
  description:
    "rolling replaces instances bit by bit: the old ones serve until the new ones are ready. recreate ends the old ones\n" +
    "before the new ones start: for what must not run twice; nobody answers in between. Processes with a volume are\n" +
    'recreated whatever is chosen. app.json may choose too: { "deploy": { "strategy": "recreate" } }; what is set here wins.',
  subcommands: [...actions],
  options: [appOption],
  examples: ["nagi deploys", "nagi deploys strategy recreate", "nagi deploys strategy shop rolling"],
  async run(context) {
    const [action = "status", ...words] = context.args;
    switch (action) {
      case "status":
        return await showDeploys(context, await getApp(context, onlyWord(words, action)));
      case "strategy":
        return await chooseStrategy(context, words);
      default:
        throw new UsageError(
          `nagi deploys has no action ${JSON.stringify(action)}`,
          `The actions: ${actions.join(", ")}`,
        );
    }
  },
};

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
  if (strategy === undefined) {
    context.terminal.print(strategyText(found));
    return;
  }
  const client = await context.client();
  const written = await client.patch(appKind, refOf(found), {
    type: "merge",
    body: { spec: { deploy: { strategy } } },
  });
  context.terminal.print(strategyText(written));
}
