/** Ends what outlives Nagi: the containers of its pods with their network, then the programs beside it. Data stays. */

import { rm } from "node:fs/promises";
import { endContainers } from "../engine/agent/end-containers.ts";
import { EngineHost } from "../lib/container-engine/engine-host.ts";
import { stopManaged } from "../lib/managed-process.ts";
import { systemClock } from "../lib/clock.ts";
import { silentLogger } from "../lib/log.ts";
import { cleanupNetwork } from "../engine/network/network.ts";
import { removeBuildNetwork } from "../platform/builds/network/build-network.ts";
import { paths, sshRunDir, type PlatformConfig } from "./config.ts";
import { engineEnvironment } from "./environment.ts";
import { survivingProcesses } from "./processes.ts";

const containerGraceSeconds = 10;
const processGraceMs = 10_000;

export async function stopEverything(config: PlatformConfig): Promise<void> {
  const { dataDir } = config;
  const surviving = await survivingProcesses(dataDir);
  const router = surviving.filter(({ name }) => name === "haproxy");
  for (const { name, dir } of router)
    await stopManaged({ name, dir, graceMs: processGraceMs, clock: systemClock });
  await removeContainers(config);
  await cleanupNetwork({ instance: config.instance, dataDir, clock: systemClock });
  await stopPrograms(config, new Set());
  await rm(sshRunDir(config), { recursive: true, force: true });
}

/** Ends the programs beside Nagi, but for those of these names. */
export async function stopPrograms({ dataDir }: PlatformConfig, except: ReadonlySet<string>): Promise<void> {
  for (const { name, dir } of await survivingProcesses(dataDir)) {
    if (!except.has(name)) await stopManaged({ name, dir, graceMs: processGraceMs, clock: systemClock });
  }
}

async function removeContainers(config: PlatformConfig): Promise<void> {
  const { engine: dir } = paths(config.dataDir);
  const host = new EngineHost({
    socketPath: config.engineSocket,
    dir,
    env: engineEnvironment(),
    clock: systemClock,
    log: silentLogger,
  });
  await host.start();
  await endContainers(host.engine, { instance: config.instance, graceSeconds: containerGraceSeconds });
  await removeBuildNetwork(host.engine, config.instance);
}
