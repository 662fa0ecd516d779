import { createReadStream, createWriteStream } from "node:fs";
import { lstat, mkdir, readdir } from "node:fs/promises";
import { basename, dirname, join, posix, resolve, sep } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, pack, type Pack } from "tar-stream";
import { appOption } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { podOf, podOptions } from "../pod-of-app.ts";
import { runSession } from "../session.ts";

export const command: Command = {
  name: "cp",
  group: "Processes",
  summary: "Copy files and directories from or to a running container.",
  usage: "[--app NAME | --pod NAME] SOURCE TARGET",
  description:
    "A path in the container begins with a colon: `:/app/log`. It needs tar in the container, as kubectl cp does.\n" +
    "Links and special files are left out.",
  options: [appOption, ...podOptions],
  examples: ["nagi cp :/app/report.csv .", "nagi cp ./fixtures :/tmp/fixtures"],
  async run(context) {
    const [source = "", target = "", ...more] = context.args;
    const isFrom = source.startsWith(":");
    if (source === "" || target === "" || more.length > 0 || isFrom === target.startsWith(":"))
      throw new UsageError(
        "nagi cp needs a source and a target, of which one begins with a colon",
        "For instance: nagi cp :/app/report.csv .",
      );
    if (isFrom) await copyFrom(context, source.slice(1), resolve(context.host.cwd, target));
    else await copyTo(context, resolve(context.host.cwd, source), target.slice(1));
  },
};

async function copyFrom(context: CommandContext, source: string, target: string): Promise<void> {
  const ref = await podOf(context);
  const isDirectory = (await lstat(target).catch(() => undefined))?.isDirectory() === true;
  const name = posix.basename(source);
  const place = isDirectory ? join(target, name) : target;
  const bytes = new PassThrough();
  const errors: Uint8Array[] = [];
  const taking = unpack(bytes, name, place);
  // A failure of the session below ends it first, and says more.
  taking.catch(() => undefined);
  const code = await runSession(context, ref, {
    subresource: "exec",
    command: ["tar", "-cf", "-", "-C", posix.dirname(source), "--", name],
    container: context.text("container"),
    output: async (data) => {
      // What cannot be kept here is not waited for.
      if (bytes.destroyed) await taking;
      if (!bytes.write(data)) await new Promise((done) => bytes.once("drain", done).once("close", done));
    },
    errors: (data) => void errors.push(data),
  });
  if (code !== 0) {
    bytes.destroy();
    throw new Error(`cannot copy ${source} from ${ref.name}: ${Buffer.concat(errors).toString().trim()}`);
  }
  bytes.end();
  await taking;
}

/** Entries are NAME or below it; one that leads out of the target is refused. */
async function unpack(bytes: PassThrough, name: string, target: string): Promise<void> {
  const entries = extract();
  const feeding = pipeline(bytes, entries);
  // When an entry cannot be written this fails too, and says less.
  feeding.catch(() => undefined);
  for await (const entry of entries) {
    const { name: path, type, mode } = entry.header;
    const below = posix.relative(name, path.replace(/\/$/, ""));
    const place = below === "" ? target : join(target, below);
    if (place !== target && !place.startsWith(target + sep))
      throw new Error(`the container's archive leads out of ${target}: ${path}`);
    if (type === "directory") await mkdir(place, { recursive: true });
    else if (type === "file") {
      await mkdir(dirname(place), { recursive: true });
      await pipeline(entry, createWriteStream(place, { mode: mode === undefined ? 0o644 : mode & 0o777 }));
      continue;
    }
    entry.resume();
  }
  await feeding;
}

async function copyTo(context: CommandContext, source: string, target: string): Promise<void> {
  const info = await lstat(source).catch(() => undefined);
  if (info === undefined) throw new UsageError(`there is no ${source}`);
  const ref = await podOf(context);
  const container = context.text("container");
  const errors: Uint8Array[] = [];
  const quiet = {
    subresource: "exec",
    container,
    output: () => undefined,
    errors: (data: Uint8Array) => void errors.push(data),
  } as const;
  const tested = (path: string): Promise<number> =>
    runSession(context, ref, { ...quiet, command: ["test", "-d", path] });
  const isDirectory = target.endsWith("/") || (await tested(target)) === 0;
  const name = isDirectory ? basename(source) : posix.basename(target);
  const directory = isDirectory ? target : posix.dirname(target);
  // Of a tar that ends at once the engine may lose the words.
  if ((await tested(directory)) === 1)
    throw new Error(`cannot copy to ${target} in ${ref.name}: there is no directory ${directory}`);
  const archive = pack();
  addTo(archive, source, name)
    .then(() => archive.finalize())
    // Whoever takes it hears of it; of one that nobody takes any more the container has told why.
    .catch((error: unknown) => archive.destroy(error as Error));
  const code = await runSession(context, ref, {
    ...quiet,
    command: ["tar", "-xmf", "-", "-C", directory],
    input: archive as AsyncIterable<Uint8Array>,
  });
  if (code !== 0)
    throw new Error(`cannot copy to ${target} in ${ref.name}: ${Buffer.concat(errors).toString().trim()}`);
}

async function addTo(archive: Pack, source: string, name: string): Promise<void> {
  const info = await lstat(source);
  if (info.isDirectory()) {
    archive.entry({ name: `${name}/`, type: "directory", mode: info.mode & 0o777 });
    for (const child of (await readdir(source)).toSorted())
      await addTo(archive, join(source, child), `${name}/${child}`);
  } else if (info.isFile()) {
    const entry = archive.entry({ name, size: info.size, mode: info.mode & 0o777 });
    await pipeline(createReadStream(source), entry);
  }
}
