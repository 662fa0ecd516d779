/** Builds and releases the newest commit of the git repository that an app is built from. */

import { startGitBuild } from "../../client/git-build.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { followBuild } from "../follow-build.ts";
import { followRelease } from "../releases/release-progress.ts";

/** Resolves with the exit code. */
export async function deployGit(context: CommandContext, found: App): Promise<number> {
  const { name = "" } = found.metadata;
  const ref = context.text("ref");
  const asked = commitHash.test(ref ?? "") ? { commit: ref } : { ref };
  const client = await context.client();
  const made = await startGitBuild(client, found, { cause: "Manually triggered", ...asked });
  if (made === undefined)
    throw new UsageError(
      `app ${name} is not built from a git repository elsewhere`,
      `Name one: nagi source --app ${name} --git URL. Or deploy a directory: nagi deploy --app ${name} --dir DIR`,
    );
  context.terminal.print(`Build ${made.metadata.name} builds ${found.spec?.source?.git?.uri}`);
  if (!(await followBuild(context, made))) return 1;
  return context.flag("no-wait") ? 0 : await followRelease(context, found);
}

const commitHash = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
