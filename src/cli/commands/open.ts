import { getApp, appOption } from "../app.ts";
import { UsageError, type Command } from "../command.ts";

export const command: Command = {
  name: "open",
  group: "Apps",
  summary: "Open an app in the browser, or print its address where there is none.",
  usage: "[NAME]",
  options: [appOption],
  async run(context) {
    const { metadata, status } = await getApp(context, context.args[0]);
    if (status?.url === undefined)
      throw new UsageError(`app ${metadata.name} has no address yet`, `Deploy it first: git push nagi main`);
    context.terminal.print(status.url);
    if (context.terminal.isTty && context.host.env["DISPLAY"] !== undefined)
      await context.host.capture("xdg-open", [status.url]);
  },
};
