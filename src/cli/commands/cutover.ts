import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { releasesOf, standbyOf, standbyText, wishDeploy } from "../deploys/deploy-wish.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";

export const command: Command = {
  name: "cutover",
  group: "Deploying",
  summary: "Give all requests to the release that is held beside the live one, or give them back.",
  usage: "[APP] [--back]",
  description:
    "All at once, without a request lost: what is under way ends where it began. The release before goes on running for a\n" +
    "while (nagi deploys strategy --keep), and --back gives it the requests again, at once.",
  options: [
    appOption,
    { name: "back", type: "boolean", description: "Give the requests back to the release before." },
  ],
  examples: ["nagi cutover shop", "nagi cutover shop --back"],
  async run(context) {
    if (context.args.length > 1)
      throw new UsageError(`nagi cutover takes one app, not ${context.args.length}`, "nagi cutover shop");
    const found = await getApp(context, context.args[0]);
    return context.flag("back") ? await back(context, found) : await cutOver(context, found);
  },
};

async function cutOver(context: CommandContext, found: App): Promise<void> {
  const { name } = found.metadata;
  const held = (await releasesOf(context, found)).find(({ status }) => status?.phase === "Held");
  if (held === undefined)
    throw new UsageError(
      `no release of ${name} is held`,
      `Deploy one beside the live one: nagi deploy --hold, or for all deploys: nagi deploys strategy ${name} blue-green`,
    );
  await wishDeploy(context, found, { action: "cutover", release: held });
  const before = standbyOf(await releasesOf(context, found));
  context.terminal.print(`v${held.spec.version} of ${name} has all requests`);
  if (before !== undefined)
    context.terminal.print(
      `v${before.spec.version} goes on for ${standbyText(before)}. To go back: nagi cutover ${name} --back`,
    );
}

async function back(context: CommandContext, found: App): Promise<void> {
  const { name } = found.metadata;
  const before = standbyOf(await releasesOf(context, found));
  if (before === undefined)
    throw new UsageError(
      `no release of ${name} that was cut over still runs`,
      `To deploy the release before anew: nagi rollback --app ${name}`,
    );
  await wishDeploy(context, found, { action: "back", release: before });
  context.terminal.print(`v${before.spec.version} of ${name} has all requests again`);
  context.terminal.print(
    `What it was cut over to is held beside it: nagi cutover ${name}, or nagi deploys cancel ${name}`,
  );
}
