import type { Command } from "../command.ts";
import { connectionToken } from "../connect.ts";

export const command: Command = {
  name: "git-credential",
  group: "Other",
  summary: "Answer git with the token of the platform; `nagi create` sets it up.",
  usage: "get",
  async run(context) {
    if (context.args[0] !== "get") return;
    const token = await connectionToken(context);
    context.terminal.write(`username=nagi\npassword=${token}\n`);
  },
};
