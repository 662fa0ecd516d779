/**
 * A backup of all that the data directory keeps, while the platform runs. The order makes the parts fit: repositories,
 * then objects, then images and the rest, so that whatever an object names is there. Volumes are copied while their
 * pods write, and then what changed meanwhile once more, with the pods held still for that moment.
 */

import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { copyStore } from "../../engine/store/snapshot.ts";
import { keysFileOf } from "../../engine/store/store-keys.ts";
import { sleep, systemClock } from "../../lib/clock.ts";
import { paths, type PlatformConfig } from "../config.ts";
import { versionOf } from "../host.ts";
import { runningPlatform } from "../state.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import { copyTree } from "./copy-tree.ts";
import { dueImages } from "./due-images.ts";
import { factsOf, repositoriesDir, repositoriesIn, writeBundle } from "./git-bundles.ts";
import {
  dataFolder,
  formatVersion,
  originEntry,
  reposFolder,
  storeEntry,
  volumesFolder,
  type Compression,
  type Origin,
} from "./manifest.ts";
import { whileWritersStand } from "./volume-writers.ts";

/** Of a start of this machine, made anew at every start, or copied otherwise. */
const leftOut = new Set([
  "run",
  "engine",
  "agent",
  "network",
  "router",
  "work",
  "log",
  "git",
  "store",
  "volumes",
]);
const ofPrograms = /^(registry|ssh)\/[^/]+\.(pid|log)$/;
/** Of an add-on or a volume, that is being written. */
const unfinishedBackup = /^(addon-backups\/.*|snapshots\/[^/]*)\.part$/;
/** While pods write: what the second finds changed is less than what the first had to read. */
const livePasses = 2;
const dueMaxMs = 120_000;
const duePollMs = 500;

export interface BackupOptions {
  readonly config: PlatformConfig;
  readonly target: Writable;
  readonly compression: Compression;
  /** Ends it early; what was written is no backup then. */
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface BackupSummary {
  readonly repositories: number;
  readonly volumes: number;
  readonly files: number;
  readonly bytes: number;
  readonly skipped: readonly string[];
  readonly unfrozen: readonly string[];
}

export async function makeBackup(options: BackupOptions): Promise<BackupSummary> {
  const { config, target, compression, signal } = options;
  signal.throwIfAborted();
  const writer = new ArchiveWriter(target, compression, signal);
  const scratch = await makeScratch(config.dataDir);
  const backup = new Backup(options, writer, scratch);
  try {
    await backup.origin();
    const repositories = await backup.repositories();
    await backup.store();
    await backup.data();
    const volumes = await backup.volumes();
    await writer.finish();
    const { files, skipped, unfrozen } = writer;
    // The manifest is none of them.
    const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0);
    return { repositories, volumes, files: files.size - 1, bytes, skipped, unfrozen };
  } catch (error) {
    await writer.abandon();
    signal.throwIfAborted();
    throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What a backup that was killed has left goes. */
async function makeScratch(dataDir: string): Promise<string> {
  const work = join(dataDir, "work");
  await mkdir(work, { recursive: true, mode: 0o700 });
  for (const name of await readdir(work)) {
    const pid = /^backup-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !(await isRunning(pid))) await rm(join(work, name), { recursive: true });
  }
  const scratch = join(work, `backup-${process.pid}`);
  await mkdir(scratch, { mode: 0o700 });
  return scratch;
}

function isRunning(pid: string): Promise<boolean> {
  return readFile(`/proc/${pid}/stat`).then(
    () => true,
    () => false,
  );
}

class Backup {
  readonly #options: BackupOptions;
  readonly #writer: ArchiveWriter;
  readonly #scratch: string;

  constructor(options: BackupOptions, writer: ArchiveWriter, scratch: string) {
    this.#options = options;
    this.#writer = writer;
    this.#scratch = scratch;
  }

  async origin(): Promise<void> {
    const { config } = this.#options;
    const { httpPort, httpsPort, apiPort, registryPort, sshPort, nodes, domain, tcpPorts } = config;
    const origin: Origin = {
      format: formatVersion,
      version: versionOf(),
      createdAt: new Date().toISOString(),
      host: hostname(),
      dataDir: config.dataDir,
      settings: { httpPort, httpsPort, apiPort, registryPort, sshPort, nodes, domain, tcpPorts },
    };
    await this.#writer.bytes(originEntry, Buffer.from(`${JSON.stringify(origin, null, 2)}\n`), new Date());
  }

  async repositories(): Promise<number> {
    const found = await repositoriesIn(repositoriesDir(paths(this.#options.config.dataDir).git));
    const file = join(this.#scratch, "repository.bundle");
    for (const repository of found) {
      this.#options.signal.throwIfAborted();
      this.#options.onProgress(`Backing up repository ${repository.name}`);
      const facts = Buffer.from(JSON.stringify(await factsOf(repository)));
      await this.#writer.bytes(`${reposFolder}/${repository.name}.json`, facts, new Date());
      if (!(await writeBundle(repository, file, this.#options.signal))) continue;
      await this.#writer.file(`${reposFolder}/${repository.name}.bundle`, file);
      await rm(file);
    }
    return found.length;
  }

  /** As it is when all images that it names are in the registry, or when that takes too long. */
  async store(): Promise<void> {
    const { config, onProgress, signal } = this.#options;
    const copy = join(this.#scratch, "nagi.db");
    const untilMs = systemClock.now() + dueMaxMs;
    for (;;) {
      onProgress("Backing up objects");
      await rm(copy, { force: true });
      await copyStore(paths(config.dataDir).store, copy);
      const due = dueImages(copy);
      const isLate = systemClock.now() > untilMs || runningPlatform(config.dataDir) === undefined;
      if (isLate)
        for (const image of due) this.#writer.skipped.push(`image ${image}: not yet in the registry`);
      if (isLate || due.length === 0) break;
      onProgress(`Waiting for ${due[0]} to be in the registry`);
      await sleep(systemClock, duePollMs, signal);
      signal.throwIfAborted();
    }
    await this.#writer.file(storeEntry, copy);
    await this.#writer.file(keysFileOf(storeEntry), keysFileOf(copy));
  }

  async data(): Promise<void> {
    this.#options.onProgress("Backing up images and keys");
    await copyTree(this.#writer, {
      root: this.#options.config.dataDir,
      path: dataFolder,
      leaveOut: (path) =>
        leftOut.has(path) ||
        ofPrograms.test(path) ||
        path.endsWith("/_uploads") ||
        unfinishedBackup.test(path),
      // Of the registry: an image that is listed has its layers then.
      last: new Set(["blobs"]),
    });
  }

  async volumes(): Promise<number> {
    const root = paths(this.#options.config.dataDir).volumes;
    const names = (await readdir(root, { withFileTypes: true }).catch(() => []))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    for (const name of names) await this.#volume(join(root, name), name);
    return names.length;
  }

  async #volume(root: string, name: string): Promise<void> {
    const { onProgress, signal } = this.#options;
    signal.throwIfAborted();
    onProgress(`Backing up volume ${name}`);
    const tree = { root, path: `${volumesFolder}/${name}` };
    const { mode, uid, gid, mtime } = await stat(root);
    await this.#writer.entry(tree.path, { mode, uid, gid, mtime, type: "directory" });
    let stamps = await copyTree(this.#writer, tree);
    for (let pass = 1; pass < livePasses; pass++) stamps = await copyTree(this.#writer, tree, stamps);
    const last = async (): Promise<void> => void (await copyTree(this.#writer, tree, stamps));
    if (await whileWritersStand(this.#options.config, root, last)) return;
    await last();
    this.#writer.unfrozen.push(name);
  }
}
