import { catalogue } from "../catalogue.ts";
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
    const modules = await Promise.all(catalogue.map(async ({ load }) => (await load()).command));
    const words = [
      ...modules,
      ...["up", "down", "status"].map((name) => ({ name, options: [], subcommands: [] })),
    ].map(({ name, options = [], subcommands = [] }) => ({
      name,
      words: [...subcommands, ...[...options, ...globalOptions].map((option) => `--${option.name}`)],
    }));
    context.terminal.write(completionScript(shell, words));
  },
};
