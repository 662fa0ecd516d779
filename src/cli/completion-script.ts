/** Completion scripts: command names, then the words of the command. */

export interface CompletionWords {
  readonly name: string;
  readonly words: readonly string[];
}

export function completionScript(
  shell: "bash" | "zsh" | "fish",
  commands: readonly CompletionWords[],
): string {
  if (shell === "fish") return fishScript(commands);
  const zshLead = shell === "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "";
  const cases = commands.map(({ name, words }) => `    ${name}) words="${words.join(" ")}" ;;`).join("\n");
  return `${zshLead}_nagi() {
  local current=\${COMP_WORDS[COMP_CWORD]} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")}" -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _nagi nagi
`;
}

function fishScript(commands: readonly CompletionWords[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const lines = commands.flatMap(({ name, words }) =>
    words.map((word) =>
      word.startsWith("--")
        ? `complete -c nagi -n '__fish_seen_subcommand_from ${name}' -l ${word.slice(2)}`
        : `complete -c nagi -n '__fish_seen_subcommand_from ${name}' -a ${word}`,
    ),
  );
  return `complete -c nagi -f\ncomplete -c nagi -n '__fish_use_subcommand' -a '${names}'\n${lines.join("\n")}\n`;
}
