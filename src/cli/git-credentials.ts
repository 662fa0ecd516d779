/** How git gets the token: from Nagi at each push, so that no token is written into a repository. */

import { kubeconfigFile } from "./connect.ts";
import type { CommandContext } from "./command.ts";

/** The value of git's `credential.<url>.helper`: a command that prints the user's token. */
export function credentialHelper(context: CommandContext): string {
  const file = kubeconfigFile({
    host: context.host,
    kubeconfig: context.text("kubeconfig"),
    dataDir: context.text("data-dir"),
  });
  return `!${quote(context.host.program)} git-credential --kubeconfig ${quote(file)}`;
}

/** One word of a shell command, whatever is in it. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
