/**
 * Makes a data directory from a backup. All is written beside it and checked first; only then it gets its name. What
 * is tied to the machine the backup comes from is adapted: ports, where the registry answers, where volumes lie.
 */

import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { freePort } from "../../lib/free-port.ts";
import { paths, type GivenSettings } from "../config.ts";
import { portOwner } from "../../lib/port-holder.ts";
import { readArchive } from "./archive-reader.ts";
import { Extraction } from "./extract-archive.ts";
import { repositoriesDir, restoreRepository, type RepositoryFacts } from "./git-bundles.ts";
import { dataFolder, reposFolder, type Manifest, type Origin } from "./manifest.ts";
import { moveStore } from "./move-store.ts";

const portNames = ["httpPort", "httpsPort", "apiPort", "registryPort", "sshPort"] as const;
/** Left by a restore that was killed; the next one begins anew. */
export const stagingName = ".restoring";
type Ports = Record<(typeof portNames)[number], number>;

export interface RestoreOptions {
  readonly input: Readable;
  /** What errors call the backup. */
  readonly name: string;
  readonly dataDir: string;
  readonly ports: Partial<Ports>;
  /** Ends it while nothing has its place yet. */
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface Restored {
  readonly origin: Origin;
  readonly manifest: Manifest;
  readonly ports: Ports;
}

export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { input, name, dataDir, signal, onProgress } = options;
  signal.throwIfAborted();
  // A directory that is there may be a disk of its own.
  const isThere = existsSync(dataDir);
  const staging = isThere ? join(dataDir, stagingName) : `${dataDir}${stagingName}`;
  await mkdir(dirname(dataDir), { recursive: true });
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { mode: 0o700 });
  try {
    onProgress("Reading and checking the backup");
    const extraction = new Extraction(staging);
    const { origin, manifest } = await readArchive(addAbortSignal(signal, input), name, (header, content) =>
      extraction.take(header, content),
    );
    for (const path of manifest.removed) await extraction.remove(path);
    await extraction.finish();
    const fresh = join(staging, dataFolder);
    onProgress("Restoring repositories");
    await restoreRepositories(join(staging, reposFolder), repositoriesDir(paths(fresh).git), signal);
    onProgress("Adapting objects to this machine");
    const ports = await choosePorts(origin.settings, options.ports);
    await settle(fresh, origin, ports);
    const { registryPort } = origin.settings;
    moveStore(
      paths(fresh).store,
      { dataDir: origin.dataDir, registryPort },
      { dataDir, registryPort: ports.registryPort },
    );
    await chmod(fresh, 0o711);
    signal.throwIfAborted();
    if (isThere) await moveEntries(fresh, dataDir);
    else await rename(fresh, dataDir);
    return { origin, manifest, ports };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** The settings last: without them nothing is there yet. */
async function moveEntries(from: string, to: string): Promise<void> {
  const settings = basename(paths(to).settings);
  const names = (await readdir(from)).filter((name) => name !== settings);
  for (const name of [...names, settings]) await rename(join(from, name), join(to, name));
  await chmod(to, 0o711);
}

async function restoreRepositories(from: string, target: string, signal: AbortSignal): Promise<void> {
  for (const namespace of await readdir(from).catch(() => [])) {
    await mkdir(join(target, namespace), { recursive: true, mode: 0o700 });
    for (const file of await readdir(join(from, namespace))) {
      const app = /^(.+)\.json$/.exec(file)?.[1];
      if (app === undefined) continue;
      signal.throwIfAborted();
      const facts = JSON.parse(await readFile(join(from, namespace, file), "utf8")) as RepositoryFacts;
      const bundle = join(from, namespace, `${app}.bundle`);
      await restoreRepository(
        join(target, namespace, `${app}.git`),
        facts,
        existsSync(bundle) ? bundle : undefined,
      );
    }
  }
}

/** As given, else as they were, else others that are free. */
async function choosePorts(before: Ports, given: Partial<Ports>): Promise<Ports> {
  const chosen: Partial<Ports> = {};
  for (const name of portNames) {
    const wanted = given[name] ?? before[name];
    chosen[name] = given[name] !== undefined || portOwner(wanted) === undefined ? wanted : await freePort();
  }
  return chosen as Ports;
}

async function settle(fresh: string, origin: Origin, ports: Ports): Promise<void> {
  const file = paths(fresh).settings;
  // Its port for itself is chosen at the start; an engine or rules of the other machine may not be here.
  const { nodes, domain, tcpPorts } = origin.settings;
  const settings: GivenSettings = { nodes, domain, tcpPorts, ...ports };
  await writeFile(file, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600, flush: true });
}
