import { UsageError, type Command } from "../command.ts";
import { completionScript } from "../completion-script.ts";
import { globalOptions } from "../help.ts";

const shells = ["bash", "zsh", "fish"] as const;

export const command: Command = {
  name: "completion",
  group: "Other",
  summary: "Print the completion script of a shell.",
  usage: shells.join("|"),
  examples: ["source <(nagi completion bash)", "nagi completion fish > ~/.config/fish/completions/nagi.fish"],
  async run(context) {
    const shell = shells.find((name) => name === context.args[0]);
    if (shell === undefined)
      throw new UsageError(
        `${JSON.stringify(context.args[0] ?? "")} is not a shell known here: ${shells.join(", ")}`,
      );
    const words = (await context.commands()).map(({ name, options = [], subcommands = [] }) => ({
      name,
      words: [...subcommands, ...[...options, ...globalOptions].map((option) => `--${option.name}`)],
    }));
    context.terminal.write(completionScript(shell, words));
  },
};
