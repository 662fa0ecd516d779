import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Writable } from "node:stream";
import { UsageError, type Command, type CommandContext } from "../../cli/command.ts";
import { sizeCell } from "../../model/cells.ts";
import { BackupError, readArchive, type Verified } from "../backup/archive-reader.ts";
import { makeBackup, type BackupSummary } from "../backup/make-backup.ts";
import { compressionOf, endingsText, reposFolder, volumesFolder, type Manifest } from "../backup/manifest.ts";
import { paths, settleConfig } from "../config.ts";

export const command: Command = {
  name: "backup",
  group: "Platform",
  summary: "Write all that the platform keeps into one file, while it runs.",
  usage: "FILE|DIR|- | verify FILE",
  subcommands: ["verify"],
  description:
    "Objects, secrets with their keys, git repositories, images, volumes and settings. The ending of FILE says how it\n" +
    `is packed (${endingsText}); in a directory it gets a name with the time; - writes to standard output.\n` +
    "Pods whose volumes are copied are held still while what changed during the copy is copied once more.\n" +
    "Whoever has the file has the platform's secrets: it is readable for its owner only.\n" +
    "nagi backup verify reads a backup to its end and compares every file with its checksum.",
  examples: [
    "nagi backup /backups/",
    "nagi backup platform.tar.zst",
    "nagi backup verify platform.tar.zst",
    "nagi backup - | ssh other sudo nagi restore -",
  ],
  async run(context) {
    const [first, second, ...more] = context.args;
    if (first === "verify") return await verify(context, second, more);
    if (first === undefined || second !== undefined)
      throw new UsageError(
        first === undefined ? "say where to write the backup" : `there is one argument too many: ${second}`,
        "nagi backup FILE, nagi backup DIR, or nagi backup verify FILE",
      );
    return await backup(context, first);
  },
};

async function backup(context: CommandContext, destination: string): Promise<number> {
  const dataDir = context.host.dataDir(context.text("data-dir"));
  if ((await stat(paths(dataDir).store).catch(() => undefined)) === undefined)
    throw new UsageError(
      `there is no platform in ${dataDir}`,
      "Of another directory: nagi backup --data-dir DIR FILE",
    );
  const config = await settleConfig(dataDir, {});
  const { terminal, signal } = context;
  const onProgress = (text: string): void => terminal.progress(text);
  if (destination === "-") {
    const target = new Writable({
      write(chunk: Uint8Array, _, done) {
        // As standard output takes it.
        if (process.stdout.write(chunk)) done();
        else process.stdout.once("drain", done);
      },
    });
    const summary = await makeBackup({ config, target, compression: "zstd", signal, onProgress });
    terminal.progressDone();
    warn(context, summary);
    return 0;
  }
  const file = await fileOf(context, destination);
  const compression = compressionOf(file);
  if (compression === undefined)
    throw new UsageError(
      `${file} does not say how to pack it`,
      `Let its name end with one of: ${endingsText}`,
    );
  const part = `${file}.part`;
  const target = createWriteStream(part, { mode: 0o600, flush: true });
  try {
    const summary = await makeBackup({ config, target, compression, signal, onProgress });
    await rename(part, file);
    terminal.progressDone();
    terminal.print(summaryText(summary));
    terminal.print(`Written to ${file} (${sizeCell((await stat(file)).size)}).`);
    warn(context, summary);
    terminal.print(`Next: nagi backup verify ${file}`);
    return 0;
  } catch (error) {
    // What is still being opened would be there again.
    target.destroy();
    if (!target.closed) await once(target, "close");
    await rm(part, { force: true });
    throw error;
  }
}

async function fileOf(context: CommandContext, destination: string): Promise<string> {
  const path = resolve(context.host.cwd, destination);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) {
    const time = new Date().toISOString().slice(0, 19).replaceAll(":", "");
    return join(path, `nagi-${time}Z.tar.zst`);
  }
  if (destination.endsWith("/"))
    throw new UsageError(`there is no directory ${path}`, `Make it: mkdir -p ${path}`);
  if (found !== undefined)
    throw new UsageError(`${path} is there already`, "Choose another name, or give a directory");
  const folder = join(path, "..");
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true)
    throw new UsageError(`there is no directory ${folder}`, `Make it: mkdir -p ${folder}`);
  return path;
}

function summaryText({ repositories, volumes, files, bytes }: BackupSummary): string {
  const count = (number: number, one: string, many: string): string =>
    `${number} ${number === 1 ? one : many}`;
  return `Backed up all objects, ${count(repositories, "repository", "repositories")}, ${count(volumes, "volume", "volumes")}: ${files} files, ${sizeCell(bytes)}.`;
}

function warn(
  { terminal }: CommandContext,
  { skipped, unfrozen }: Pick<Manifest, "skipped" | "unfrozen">,
): void {
  for (const text of skipped) terminal.note(`warning: left out ${text}`);
  for (const name of unfrozen)
    terminal.note(
      `warning: volume ${name} was copied while its pods wrote: they could not be held still on this machine`,
    );
}

async function verify(
  context: CommandContext,
  file: string | undefined,
  more: readonly string[],
): Promise<number> {
  if (file === undefined || more.length > 0)
    throw new UsageError("nagi backup verify takes one file", "nagi backup verify FILE");
  const path = resolve(context.host.cwd, file);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) throw new UsageError(`there is no file ${path}`, "Give the path of a backup");
  context.terminal.progress("Reading the backup");
  try {
    const verified = await readArchive(
      createReadStream(path, { signal: context.signal }),
      path,
      async (_, content) => {
        for await (const chunk of content) void chunk;
      },
    );
    context.terminal.progressDone();
    context.terminal.print(verifiedText(path, verified));
    warn(context, verified.manifest);
    return 0;
  } catch (error) {
    context.terminal.progressDone();
    if (error instanceof BackupError) throw new UsageError(error.message, "Restore from another backup");
    throw error;
  }
}

function verifiedText(path: string, { origin, manifest }: Verified): string {
  const names = Object.keys(manifest.files);
  const repositories = names.filter((name) => name.startsWith(`${reposFolder}/`) && name.endsWith(".json"));
  const volumes = new Set(
    names
      .filter((name) => name.startsWith(`${volumesFolder}/`))
      .map((name) => name.slice(volumesFolder.length + 1).split("/")[0]),
  );
  const { createdAt, host, version, dataDir } = origin;
  return [
    `${path} is whole: ${names.length} files, ${repositories.length} repositories, ${volumes.size} volumes with files.`,
    `Made at ${createdAt} on ${host} of ${dataDir} by Nagi ${version}.`,
  ].join("\n");
}
