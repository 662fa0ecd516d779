/**
 * What an interrupted build left in Podman's storage. The storage is the machine's: others build with it at the same
 * time. What is ours is known by the control group that the build was given, which Podman writes beside a container.
 */

import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import type { Logger } from "../../lib/log.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { imageOfAdded } from "./dockerfile/fetch-added.ts";
import { readingContainer } from "./inputs/build-images.ts";
import { buildCgroup, removeBuildGroups } from "./build-cgroup.ts";

export interface LeftoversOptions {
  readonly engine: ContainerEngine;
  readonly log: Logger;
}

export async function removeLeftovers(build: Build, { engine, log }: LeftoversOptions): Promise<void> {
  const { metadata } = build;
  await engine.removeContainer(readingContainer(build));
  await engine.removeImage(imageOfAdded(build), { force: true });
  const cgroup = await buildCgroup(engine, metadata.uid ?? "");
  if (cgroup === undefined) return;
  for (const id of await engine.listBuildLeftovers(cgroup)) {
    log.info("removing what an interrupted build left", { build: metadata.name, container: id });
    await engine.removeBuildLeftover(id).catch((error: unknown) => {
      // The engine was at it itself.
      if (!isEngineError(error, 404)) throw error;
    });
  }
  await removeBuildGroups(metadata.uid ?? "");
}
