/** How git gets the token: from the kubeconfig at each push, so that no token is written into a repository. */

import { readFileSync } from "node:fs";
import { kubeconfigFile } from "./connect.ts";
import type { CommandContext } from "./command.ts";

const tokenLine = /^ *token: *\S+$/gm;

/**
 * The value of git's `credential.<url>.helper`. A kubeconfig with one token is read with sed, since a push asks twice
 * and Nagi takes a moment to start; any other is left to `nagi git-credential`.
 */
export function credentialHelper(context: CommandContext): string {
  const file = kubeconfigFile({
    host: context.host,
    kubeconfig: context.text("kubeconfig"),
    dataDir: context.text("data-dir"),
  });
  const tokens = readFileSync(file, "utf8").match(tokenLine) ?? [];
  if (tokens.length !== 1 || context.text("context") !== undefined)
    return `!${quote(context.host.program)} git-credential --kubeconfig ${quote(file)}`;
  const read = `sed -n 's/^ *token: */password=/p' ${quote(file)}`;
  return `!f() { test "$1" = get && echo username=nagi && ${read}; }; f`;
}

/** One word of a shell command, whatever is in it. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
