/** Archives to directories: tar in any compression that tar knows, and zip; by tar and unzip themselves. */

import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { UsageError } from "../command.ts";

/** unzip: warnings only. */
const unzipWarned = 1;

/** Unpacks into an empty directory; the directory with the source, which an archive often holds as its only one. */
export async function unpack(file: string, directory: string, signal: AbortSignal): Promise<string> {
  const isZip = startsWith(file, "PK");
  const [program, ...args] = isZip
    ? ["unzip", "-q", "-o", file, "-d", directory]
    : ["tar", "-xf", file, "--no-same-owner", "--no-same-permissions", "-C", directory];
  const { code, complaint } = await run(program ?? "", args, signal);
  if (code !== 0 && !(isZip && code === unzipWarned))
    throw new UsageError(
      `cannot unpack ${file}: ${complaint}`,
      "It must be a tar (plain, .gz, .bz2, .xz, .zst) or a zip. A directory: nagi deploy --dir DIR",
    );
  const names = readdirSync(directory);
  const only = names.length === 1 ? join(directory, names[0] ?? "") : undefined;
  if (names.length === 0) throw new UsageError(`${file} holds no files`);
  return only !== undefined && statSync(only).isDirectory() ? only : directory;
}

function startsWith(file: string, start: string): boolean {
  const descriptor = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(start.length);
    readSync(descriptor, buffer);
    return buffer.toString("latin1") === start;
  } finally {
    closeSync(descriptor);
  }
}

interface Ended {
  readonly code: number | null;
  /** The first line of what it said. */
  readonly complaint: string;
}

async function run(program: string, args: readonly string[], signal: AbortSignal): Promise<Ended> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], signal });
  const said = Promise.all([text(child.stderr), text(child.stdout)]);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", (error: NodeJS.ErrnoException) => {
      const missing = `this archive needs ${program}, which is not installed`;
      const hint = `Install it (as root: apt-get install ${program})`;
      reject(error.code === "ENOENT" ? new UsageError(missing, hint) : error);
    });
  });
  return { code, complaint: (await said).join("").trim().split("\n")[0] ?? "" };
}
