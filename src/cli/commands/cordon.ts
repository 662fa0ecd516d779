import type { Command } from "../command.ts";
import { nodeNames, setCordon } from "../nodes/cordon.ts";

export const command: Command = {
  name: "cordon",
  group: "Platform",
  summary: "Keep new pods off a node; those that are there stay.",
  usage: "NODE ...",
  examples: ["nagi cordon node-2"],
  async run(context) {
    const names = nodeNames(context, "cordon");
    const client = await context.client();
    for (const name of names) await setCordon(context, client, { name, unschedulable: true });
  },
};
