import type { Command } from "../command.ts";
import { UsageError } from "../command.ts";

export const command: Command = {
  name: "version",
  group: "Other",
  summary: "Print the version of this program and of the platform it talks to.",
  options: [{ name: "client", type: "boolean", description: "Only of this program." }],
  async run(context) {
    context.terminal.print(`nagi ${context.host.version}`);
    if (context.flag("client")) return;
    try {
      const client = await context.client();
      const { gitVersion } = (await client.raw("/version")) as { readonly gitVersion?: string };
      context.terminal.print(`platform ${gitVersion ?? "unknown"} (Kubernetes API)`);
    } catch (error) {
      const none =
        error instanceof UsageError || (error instanceof Error && /cannot|connect/i.test(error.message));
      if (!none) throw error;
      context.terminal.print("platform: none reached");
    }
  },
};
