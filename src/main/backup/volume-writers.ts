/** The containers that have a directory, and how to hold them still. */

import { labels } from "../../engine/agent/container-record.ts";
import { systemClock } from "../../lib/clock.ts";
import { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { ownSocketPath } from "../../lib/container-engine/engine-host.ts";
import { paths, type PlatformConfig } from "../config.ts";
import { whileStill } from "./hold-still.ts";

/** As `whileStill`, for the containers that have the directory or one in it. */
export async function whileWritersStand(
  config: PlatformConfig,
  root: string,
  work: () => Promise<void>,
): Promise<boolean> {
  return await whileStill(await writersOf(config, root), systemClock, work);
}

/** Process ids. */
async function writersOf(config: PlatformConfig, root: string): Promise<number[]> {
  const engine = new ContainerEngine(config.engineSocket ?? ownSocketPath(paths(config.dataDir).engine));
  // A platform that is down has no containers.
  if (!(await engine.ping())) return [];
  const pids: number[] = [];
  const own = { [labels.instance]: config.instance };
  for (const { Id } of await engine.listContainers(own, { all: false })) {
    const { Mounts, State } = await engine.inspectContainer(Id);
    const isMounted = Mounts?.some(({ Source }) => Source === root || Source.startsWith(`${root}/`)) === true;
    if (isMounted && State.Pid > 0) pids.push(State.Pid);
  }
  return pids;
}
