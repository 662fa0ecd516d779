/**
 * Directories that an app's builds keep from one to the next, beside images. The engine names each by the id of the mount.
 * They go with the app, or with the build configuration, that they are of.
 */

import { readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Client } from "../../client/client.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { buildConfig as buildConfigKind } from "../../model/kinds/build/buildconfig/buildconfig.ts";

export interface CachesOptions {
  readonly client: Client;
  /** Where the engine has the caches of this Nagi and of no other; absent: it is not known. */
  readonly cacheDirectory?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What Podman leaves of contexts and pushes, beside the caches, is of no use after so long: no build takes it. */
const leftoverKeepMs = 24 * 60 * 60_000;
const leftover = /^(libpod_builder|digest\.txt|api_load\.tar)\d+$/;

/** An app goes with its builds, one after the other: looked at once for all of them. */
const delayMs = 3000;

/** Ids of the caches of one app, or of one build configuration, are this with a dot and a last part. No namespace has a dot. */
export function cacheIdOf(build: Build): string {
  return `${build.metadata.namespace ?? "default"}.${ownerOf(build)}`;
}

function ownerOf({ metadata: { name = "", labels = {} } }: Build): string {
  return labels[appLabel] ?? labels["buildconfig"] ?? name;
}

/** Which of the directories are of nothing that is there. Pure. */
export function oldCaches(directories: readonly string[], owners: ReadonlySet<string>): string[] {
  return directories.filter((name) => {
    const end = name.lastIndexOf(".");
    // What has no such name is not ours.
    return name.indexOf(".") < end && !owners.has(name.slice(0, end));
  });
}

export class CacheSweeper {
  readonly #options: CachesOptions;
  #waiting = false;

  constructor(options: CachesOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  soon(signal: AbortSignal): void {
    if (this.#waiting || this.#options.cacheDirectory === undefined) return;
    this.#waiting = true;
    this.#later(signal).catch((error: unknown) => {
      this.#options.log.warn("cannot remove build caches", { error: messageOf(error) });
    });
  }

  async sweep(): Promise<void> {
    const { client, cacheDirectory, clock, log } = this.#options;
    if (cacheDirectory === undefined) return;
    await removeLeftoversIn(dirname(cacheDirectory), clock.now() - leftoverKeepMs);
    // First these: what is made meanwhile has its owner already.
    const directories = await readdir(cacheDirectory).catch(() => []);
    if (directories.length === 0) return;
    for (const name of oldCaches(directories, await ownersIn(client))) {
      log.info("removing a build cache that nothing is built with any more", { cache: name });
      await rm(join(cacheDirectory, name), { recursive: true, force: true }).catch((error: unknown) => {
        log.warn("cannot remove a build cache", { cache: name, error: messageOf(error) });
      });
    }
  }

  async #later(signal: AbortSignal): Promise<void> {
    await sleep(this.#options.clock, delayMs, signal);
    this.#waiting = false;
    if (!signal.aborted) await this.sweep();
  }
}

async function removeLeftoversIn(directory: string, beforeMs: number): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (!leftover.test(name)) continue;
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < beforeMs) await rm(path, { recursive: true, force: true });
  }
}

async function ownersIn(client: Client): Promise<ReadonlySet<string>> {
  const [apps, configs, builds] = await Promise.all([
    client.list(appKind),
    client.list(buildConfigKind),
    client.list(buildKind),
  ]);
  const named = [...apps.items, ...configs.items].map(
    ({ metadata: { namespace = "default", name = "" } }) => `${namespace}.${name}`,
  );
  return new Set([...named, ...builds.items.map(cacheIdOf)]);
}
