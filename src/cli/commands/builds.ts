import { build } from "../../model/kinds/build/build/build.ts";
import { appName, appOption } from "../app.ts";
import { UsageError, type Command } from "../command.ts";
import { listObjects, listOptions } from "../listing.ts";
import { writeStream } from "../output.ts";

export const command: Command = {
  name: "builds",
  group: "Deploying",
  summary: "List an app's builds, show the log of one, or cancel one.",
  usage: "[logs BUILD | cancel BUILD]",
  subcommands: ["logs", "cancel"],
  options: [
    appOption,
    ...listOptions,
    { name: "follow", short: "f", type: "boolean", description: "With logs: go on until the build ends." },
  ],
  examples: ["nagi builds", "nagi builds logs shop-3", "nagi builds cancel shop-3"],
  async run(context) {
    const [action, name] = context.args;
    const client = await context.client();
    const namespace = await context.namespace();
    if (action === undefined) {
      const everything = context.flag("all-namespaces");
      const app = everything ? undefined : await appName(context);
      await listObjects(context, build, {
        labelSelector: app === undefined ? undefined : `nagi.dev/app=${app}`,
        numbered: true,
        empty: "No builds yet. A push makes one: git push nagi main",
      });
      return;
    }
    if (name === undefined)
      throw new UsageError(
        `nagi builds ${action} needs the name of a build`,
        "The builds there are: nagi builds",
      );
    if (action === "logs") {
      const options = { follow: context.flag("follow"), signal: context.signal };
      await writeStream(context.terminal, client.log(build, { namespace, name }, options));
    } else if (action === "cancel") {
      const patch = { type: "merge", body: { status: { cancelled: true } } } as const;
      await client.patch(build, { namespace, name }, patch, { subresource: "status" });
      context.terminal.print(`Cancelling build ${name}`);
    } else
      throw new UsageError(
        `nagi builds has no action ${JSON.stringify(action)}`,
        "The actions: logs, cancel",
      );
  },
};
