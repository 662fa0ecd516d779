import { platform } from "../../model/kinds/nagi/platform/platform.ts";
import type { Command } from "../command.ts";
import { listObjects, listOptions } from "../listing.ts";

export const command: Command = {
  name: "platforms",
  group: "Platform",
  summary: "List the base images that builds stand on.",
  options: listOptions,
  async run(context) {
    await listObjects(context, platform, {
      empty: "No platforms yet; they are made at the first start: nagi status",
    });
  },
};
