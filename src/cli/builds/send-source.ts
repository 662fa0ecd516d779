/** Sends source to the platform for one build: a directory, a file or an archive. Resolves with its id. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { pack } from "tar-stream";
import { platformInfo } from "../app.ts";
import { reasonIn } from "../ask-platform.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { connectionToken } from "../connect.ts";
import { commitFolder } from "../deploy/folder-commit.ts";
import { startError } from "../deploy/run-git.ts";
import { unpack } from "../deploy/unpack.ts";

/** A single file is read whole. */
const fileMaxBytes = 512 * 1024 ** 2;

export type Sent =
  | { readonly option: "from-dir"; readonly given: string }
  | { readonly option: "from-archive"; readonly given: string }
  /** `name`: what the file is called in the source. */
  | { readonly option: "from-file"; readonly given: string; readonly name?: string | undefined };

export async function sendSource(context: CommandContext, sent: Sent): Promise<string> {
  const { cwd } = context.host;
  const path = resolve(cwd, sent.given);
  const isStdin = sent.given === "-" && sent.option !== "from-dir";
  if (!isStdin && !existsSync(path)) throw missing(sent.option, path);
  if (sent.option === "from-dir") {
    if (!statSync(path).isDirectory()) throw missing(sent.option, path);
    return await sendFolder(context, path, false);
  }
  const bytes = isStdin ? await context.terminal.readInputBytes() : undefined;
  if (sent.option === "from-archive") return await sendArchive(context, path, bytes);
  const name = sent.name ?? (isStdin ? "Dockerfile" : basename(path));
  return await sendFile(context, name, bytes ?? readFile(path));
}

function missing(option: Sent["option"], path: string): UsageError {
  return new UsageError(
    `--${option} is ${path}: there is no such ${option === "from-dir" ? "directory" : "file"}`,
  );
}

function readFile(path: string): Uint8Array {
  const { size } = statSync(path);
  if (!statSync(path).isFile())
    throw new UsageError(`--from-file is ${path}: it is not a file`, "A directory: --from-dir DIR");
  if (size > fileMaxBytes)
    throw new UsageError(`--from-file is ${path}: it has more than ${fileMaxBytes / 1024 ** 2} MiB`);
  return readFileSync(path);
}

async function sendFile(context: CommandContext, name: string, content: Uint8Array): Promise<string> {
  const archive = pack();
  archive.entry({ name, mode: 0o644 }, Buffer.from(content));
  archive.finalize();
  return await send(context, Readable.from(archive));
}

async function sendArchive(
  context: CommandContext,
  path: string,
  bytes: Uint8Array | undefined,
): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "nagi-archive-"));
  try {
    const file = bytes === undefined ? path : join(directory, "input");
    if (bytes !== undefined) writeFileSync(file, bytes);
    const unpacked = join(directory, "files");
    mkdirSync(unpacked);
    return await sendFolder(context, await unpack(file, unpacked, context.signal), true);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** As it is on disk, without what its ignore files name; `all`: with that too. */
async function sendFolder(context: CommandContext, path: string, all: boolean): Promise<string> {
  const { host, signal, terminal } = context;
  terminal.progress(`Reading ${path}`);
  const options = { host, key: `builds ${all ? "archive" : path}`, folder: path, all, signal };
  const made = await commitFolder({ ...options, message: `Source of a build in ${path}` });
  if (made.files === 0) throw new UsageError(`${path} holds no files but those that are ignored`);
  terminal.progress(`Sending ${made.files} ${made.files === 1 ? "file" : "files"}`);
  const git = spawn("git", ["archive", "--format=tar", made.commit], {
    cwd: made.gitDir,
    env: made.env,
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  // Read from the start: what nobody reads is dropped when git ends.
  const archive = git.stdout.pipe(new PassThrough());
  let complaint = "";
  git.stderr.setEncoding("utf8").on("data", (chunk: string) => (complaint += chunk));
  const ended = new Promise<void>((done, fail) => {
    git.once("error", (error: NodeJS.ErrnoException) => fail(startError(error)));
    git.once("close", (code) => (code === 0 ? done() : fail(new Error(`git archive: ${complaint.trim()}`))));
  });
  const [id] = await Promise.all([send(context, archive), ended]);
  terminal.progressDone();
  return id;
}

async function send(context: CommandContext, content: Readable): Promise<string> {
  const { httpUrl } = await platformInfo(await context.client());
  const namespace = encodeURIComponent(await context.namespace());
  const headers = { authorization: `Bearer ${await connectionToken(context)}` };
  const body = Readable.toWeb(content) as unknown as NonNullable<RequestInit["body"]>;
  const asked = { method: "POST", headers, body, duplex: "half", signal: context.signal } as RequestInit;
  let response: Response;
  try {
    response = await fetch(`${httpUrl}/sources?namespace=${namespace}`, asked);
  } catch (cause) {
    context.signal.throwIfAborted();
    throw new Error(`cannot send the source to ${httpUrl}`, { cause });
  }
  const text = await response.text();
  if (!response.ok) throw new UsageError(reasonIn(text));
  return (JSON.parse(text) as { readonly id: string }).id;
}
