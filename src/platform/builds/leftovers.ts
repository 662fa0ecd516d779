/**
 * What an engine that died in the middle of a build has left in its storage. It carries no name of ours, and the
 * storage may have other users, whose builds run at this moment: so only what was made during our build and before
 * the machine started anew is removed. Nobody can be using that.
 */

import { readFile } from "node:fs/promises";
import type { ContainerEngine } from "../../lib/container-engine.ts";
import type { Logger } from "../../lib/log.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";

export interface LeftoversOptions {
  readonly engine: ContainerEngine;
  readonly log: Logger;
}

export async function removeLeftovers(build: Build, { engine, log }: LeftoversOptions): Promise<void> {
  const startMs = Date.parse(build.status?.startTimestamp ?? "");
  const bootMs = await bootTimeMs();
  if (bootMs === undefined || !(startMs < bootMs)) return;
  for (const { Id, Created } of await engine.listBuildLeftovers()) {
    const createdMs = Date.parse(Created);
    if (createdMs < startMs || createdMs > bootMs) continue;
    log.info("removing what an interrupted build left", { build: build.metadata.name, container: Id });
    await engine.removeBuildLeftover(Id);
  }
}

/** When this machine started; undefined where the kernel does not say. */
async function bootTimeMs(): Promise<number | undefined> {
  const text = await readFile("/proc/stat", "utf8").catch(() => "");
  const seconds = /^btime (\d+)$/m.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
