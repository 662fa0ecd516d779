/** A backup as a file of the user: there only when all of it is, and what was kept. */

import { createHash } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { AddonBackup } from "../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { platformInfo } from "../app.ts";
import { reasonIn } from "../ask-platform.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { connectionToken } from "../connect.ts";
import { bytesText } from "./bytes-text.ts";

/** To standard output with `-`. */
export async function downloadBackup(
  context: CommandContext,
  backup: AddonBackup,
  given: string | undefined,
): Promise<number> {
  const { terminal } = context;
  const { name = "" } = backup.metadata;
  const body = await request(context, backup);
  const hash = createHash("sha256");
  let bytes = 0;
  const take = (chunk: Uint8Array): void => {
    hash.update(chunk);
    bytes += chunk.length;
  };
  const check = (): void => {
    if (hash.digest("hex") !== backup.status?.sha256)
      throw new Error(`backup ${name} is not what was kept: it was changed, damaged or cut off`);
  };
  if (given === "-") {
    for await (const chunk of body) {
      take(chunk);
      terminal.write(chunk);
    }
    check();
    return 0;
  }
  const extension = backup.status?.file?.split(".").at(-1) ?? "dump";
  const file = given ?? `${name}.${extension}`;
  const path = resolve(context.host.cwd, file);
  const part = `${path}.part`;
  const handle = await open(part, "w", 0o600);
  try {
    for await (const chunk of body) {
      take(chunk);
      await handle.writeFile(chunk);
      if (terminal.isTty) terminal.progress(`Downloading ${name}: ${bytesText(bytes)}`);
    }
    terminal.progressDone();
    check();
    await handle.sync();
    await rename(part, path);
  } finally {
    await handle.close();
    await rm(part, { force: true });
  }
  terminal.print(`Downloaded ${name} to ${file}: ${bytesText(bytes)}`);
  return 0;
}

async function request(
  context: CommandContext,
  { metadata }: AddonBackup,
): Promise<AsyncIterable<Uint8Array>> {
  const { httpUrl } = await platformInfo(await context.client());
  const headers = { authorization: `Bearer ${await connectionToken(context)}` };
  const url = `${httpUrl}/-/addon-backups/${metadata.namespace}/${metadata.name}`;
  let response: Response;
  try {
    response = await fetch(url, { headers, signal: context.signal });
  } catch (cause) {
    throw new Error(`cannot reach ${httpUrl}`, { cause });
  }
  if (!response.ok || response.body === null) throw new UsageError(reasonIn(await response.text()));
  return response.body;
}
