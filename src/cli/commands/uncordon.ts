import type { Command } from "../command.ts";
import { nodeNames, setCordon } from "../nodes/cordon.ts";

export const command: Command = {
  name: "uncordon",
  group: "Platform",
  summary: "Let new pods on a node again.",
  usage: "NODE ...",
  examples: ["nagi uncordon node-2"],
  async run(context) {
    const names = nodeNames(context, "uncordon");
    const client = await context.client();
    for (const name of names) await setCordon(context, client, { name, unschedulable: false });
  },
};
