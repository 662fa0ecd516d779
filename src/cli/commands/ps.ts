import { pod } from "../../model/kinds/core/pod/pod.ts";
import { appOption, getApp } from "../app.ts";
import type { Command, CommandContext } from "../command.ts";
import { listObjects, listOptions } from "../listing.ts";

export const command: Command = {
  name: "ps",
  group: "Processes",
  summary: "List an app's processes with their state and node.",
  usage: "[NAME]",
  options: [appOption, ...listOptions],
  async run(context) {
    const found = await getApp(context, context.args[0]);
    const { name = "" } = found.metadata;
    if (context.text("output") === undefined) printCounts(context, found.status?.processes ?? {});
    await listObjects(context, pod, {
      labelSelector: `nagi.dev/app=${name}`,
      empty:
        found.status?.currentRelease === undefined
          ? `App ${name} has no release yet. Deploy it: git push nagi main`
          : `No process of ${name} runs. Start one: nagi scale web=1 --app ${name}`,
    });
  },
};

type Counts = Readonly<
  Record<string, { readonly desired?: number | undefined; readonly ready?: number | undefined }>
>;

function printCounts(context: CommandContext, processes: Counts): void {
  for (const [type, { desired = 0, ready = 0 }] of Object.entries(processes))
    context.terminal.print(`=== ${type}: ${ready} of ${desired} ready`);
}
