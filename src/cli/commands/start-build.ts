import { startBuild } from "../../client/start-build.ts";
import { isNotFound } from "../../model/status.ts";
import { UsageError, type Command } from "../command.ts";
import { followBuild } from "../follow-build.ts";

export const command: Command = {
  name: "start-build",
  group: "Deploying",
  summary: "Start a build of a BuildConfig.",
  usage: "NAME",
  description:
    "The builds of a BuildConfig with the label nagi.dev/app are builds of that app, and deploy it.",
  options: [
    {
      name: "commit",
      type: "string",
      value: "COMMIT",
      description: "Build this commit, branch or tag of the git repository.",
    },
    {
      name: "follow",
      short: "F",
      type: "boolean",
      description: "Show the build's log and wait for its end.",
    },
  ],
  examples: ["nagi start-build shop --follow", "nagi start-build shop --commit v1.2"],
  async run(context) {
    const [name, more] = context.args;
    if (name === undefined || more !== undefined)
      throw new UsageError(
        "nagi start-build takes the name of one BuildConfig",
        "Those there are: nagi get buildconfigs",
      );
    const client = await context.client();
    const namespace = await context.namespace();
    const asked = { cause: "Manually triggered", commit: context.text("commit") };
    const made = await startBuild(client, { namespace, name }, asked).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      throw new UsageError(
        `there is no BuildConfig ${name} in namespace ${namespace}`,
        "Those there are: nagi get buildconfigs",
      );
    });
    context.terminal.print(`Build ${made.metadata.name} started`);
    if (!context.flag("follow")) return 0;
    return (await followBuild(context, made)) ? 0 : 1;
  },
};
