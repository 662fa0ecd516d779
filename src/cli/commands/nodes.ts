import { node } from "../../model/kinds/core/node/node.ts";
import type { Command } from "../command.ts";
import { listObjects, listOptions } from "../listing.ts";

export const command: Command = {
  name: "nodes",
  group: "Platform",
  summary: "List the nodes with their state and capacity.",
  options: listOptions,
  async run(context) {
    await listObjects(context, node, {
      empty: "No nodes. The platform is starting, or its agent has failed: nagi status",
    });
  },
};
