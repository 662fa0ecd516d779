import { release } from "../../model/kinds/nagi/release/release.ts";
import { appName, appOption } from "../app.ts";
import type { Command } from "../command.ts";
import { listObjects, listOptions } from "../listing.ts";

export const command: Command = {
  name: "releases",
  group: "Deploying",
  summary: "List an app's releases.",
  usage: "[NAME]",
  options: [appOption, ...listOptions],
  async run(context) {
    const name = await appName(context, context.args[0]);
    await listObjects(context, release, {
      labelSelector: `nagi.dev/app=${name}`,
      numbered: true,
      empty: `App ${name} has no release yet. Deploy it: git push nagi main`,
    });
  },
};
