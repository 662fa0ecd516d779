import { app } from "../../model/kinds/nagi/app/app.ts";
import { isNotFound } from "../../model/status.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command } from "../command.ts";
import { pollMs, pause } from "../wait.ts";

export const command: Command = {
  name: "destroy",
  group: "Apps",
  summary: "Delete an app with all its releases, configuration and routes.",
  usage: "NAME --confirm NAME",
  options: [
    appOption,
    { name: "confirm", type: "string", value: "NAME", description: "The app's name again, as a guard." },
    { name: "no-wait", type: "boolean", description: "Do not wait until all is gone." },
  ],
  examples: ["nagi destroy shop --confirm shop"],
  async run(context) {
    const found = await getApp(context, context.args[0]);
    const { name = "", namespace } = found.metadata;
    const confirmed = context.text("confirm");
    if (confirmed !== undefined && confirmed !== name)
      throw new UsageError(
        `--confirm names ${confirmed}, but the app is ${name}: nothing is deleted`,
        `If ${name} is meant: nagi destroy ${name} --confirm ${name}`,
      );
    if (confirmed === undefined)
      throw new UsageError(
        `this deletes the app ${name} in namespace ${namespace} for good: its releases, configuration, routes and running processes`,
        `If that is meant: nagi destroy ${name} --confirm ${name}`,
      );
    const client = await context.client();
    await client.delete(app, { namespace, name }, { propagationPolicy: "Foreground" });
    if (!context.flag("no-wait")) {
      context.terminal.progress(`Deleting ${name}`);
      for (;;) {
        try {
          const still = await client.get(app, { namespace, name });
          if (still.metadata.uid !== found.metadata.uid) break;
        } catch (error) {
          if (isNotFound(error)) break;
          throw error;
        }
        await pause(pollMs, context.signal);
      }
      context.terminal.progressDone();
    }
    context.terminal.print(`Deleted app ${name}`);
  },
};
