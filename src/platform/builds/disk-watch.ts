/**
 * How much a build's steps have written: the container engine has no limit for it, so it is looked at while they run, in
 * the layers of their containers. Podman with its overlay driver only.
 */

import { readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { bytesUnder } from "../../lib/directory-size.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";

/** Builds that end sooner are not looked at. */
const everyMs = 2000;
/** Looking may take this share of the time at most. */
const lookingShare = 0.1;
const lookMaxMs = 30_000;

export interface DiskWatchOptions {
  readonly engine: ContainerEngine;
  /** Of the build's steps. */
  readonly cgroup: string;
  /** Absent: half of what is free. */
  readonly limitBytes: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** Resolves with the limit in bytes when the steps have written more, with undefined when the watch was ended. */
export async function exceededDisk({
  engine,
  cgroup,
  limitBytes: given,
  clock,
  log,
  signal,
}: DiskWatchOptions): Promise<number | undefined> {
  // A step's container goes when its layer is made: what it had written then still counts.
  const written = new Map<string, number>();
  let pauseMs = everyMs;
  let limitBytes = given;
  for (;;) {
    await sleep(clock, pauseMs, signal);
    if (signal.aborted) return undefined;
    const startMs = clock.now();
    try {
      const { root, driver } = await engine.storage();
      if (driver !== "overlay") return undefined;
      limitBytes ??= await halfOfFree(root);
      for (const [id, layer] of await layersOf(root, await engine.listBuildLeftovers(cgroup))) {
        const bytes = (await bytesUnder(join(root, driver, layer, "diff"), lookMaxMs)) ?? 0;
        written.set(id, Math.max(written.get(id) ?? 0, bytes));
      }
      if (total(written.values()) > limitBytes) return limitBytes;
    } catch (error) {
      log.warn("cannot see what a build writes, trying again", { cgroup, error: messageOf(error) });
    }
    pauseMs = Math.max(everyMs, (clock.now() - startMs) / lookingShare);
  }
}

async function halfOfFree(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return Math.floor((bavail * bsize) / 2);
}

async function layersOf(root: string, ids: readonly string[]): Promise<[string, string][]> {
  if (ids.length === 0) return [];
  const text = await readFile(join(root, "overlay-containers", "containers.json"), "utf8").catch(() => "[]");
  const all = parsed(text);
  return all.filter(({ id }) => ids.includes(id)).map(({ id, layer }) => [id, layer]);
}

/** The engine may be writing it. */
function parsed(text: string): readonly { readonly id: string; readonly layer: string }[] {
  try {
    return JSON.parse(text) as readonly { id: string; layer: string }[];
  } catch {
    return [];
  }
}

function total(values: Iterable<number>): number {
  return [...values].reduce((sum, value) => sum + value, 0);
}
