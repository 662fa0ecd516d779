/** Deploys a directory: as a commit that is pushed, so that only what has changed is sent. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { build } from "../../model/kinds/build/build/build.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { gitUrl, platformInfo } from "../app.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { followRelease } from "../releases/release-progress.ts";
import { commitFolder, keepCommit } from "./folder-commit.ts";
import { pushFolder } from "./push-folder.ts";

export interface Folder {
  readonly path: string;
  /** Deploys of the same origin send what has changed between them. */
  readonly origin: string;
  readonly all: boolean;
  readonly message: string;
}

/** Resolves with the exit code. */
export async function deployFolder(context: CommandContext, found: App, folder: Folder): Promise<number> {
  const { host, signal, terminal } = context;
  const { namespace = "default", name = "" } = found.metadata;
  const client = await context.client();
  const url = gitUrl(await platformInfo(client), namespace, name);
  terminal.progress(`Reading ${folder.path}`);
  const key = `${found.metadata.uid} ${url} ${folder.origin}`;
  const { path, all, message } = folder;
  const made = await commitFolder({ host, key, folder: path, all, message, signal });
  if (made.files === 0)
    throw new UsageError(`${path} holds no files but those that are ignored`, "To send these too: --all");
  if (!(await pushFolder(context, made, url))) return 1;
  await keepCommit(made, signal);
  const { items } = await client.list(build, { namespace, labelSelector: `${appLabel}=${name}` });
  const built = items.some(({ spec }) => spec.revision?.git?.commit === made.commit);
  return !built || context.flag("no-wait") ? 0 : await followRelease(context, found);
}
