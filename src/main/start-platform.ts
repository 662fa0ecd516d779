/** The whole platform in this process: the engine half and, unless it runs elsewhere, the platform half. */

import { systemClock } from "../lib/clock.ts";
import type { LogSource } from "../client/log-source.ts";
import type { Logger } from "../lib/log.ts";
import type { PlatformConfig } from "./config.ts";
import { versionOf } from "./host.ts";
import { build } from "../model/kinds/build/build/build.ts";
import { app } from "../model/kinds/nagi/app/app.ts";
import { route } from "../model/kinds/route/route/route.ts";
import { resourceName } from "../model/kind.ts";
import { logSecret, remoteLogSource } from "./remote-logs.ts";
import { startEngine, type EngineHalf } from "./start-engine.ts";
import { startPlatformHalf, type PlatformHalf } from "./start-platform-half.ts";
import { untilPlatformsReady } from "./platforms-ready.ts";
import { thisProcess, type PlatformState } from "./state.ts";
import { supervise } from "./supervise.ts";

export interface StartPlatformOptions {
  readonly config: PlatformConfig;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Leave builds, git and routes to another process. */
  readonly externalPlatform: boolean;
  /** Be ready only when the base images are. */
  readonly waitPlatforms: boolean;
  readonly onProgress: (text: string) => void;
}

export interface RunningPlatform {
  readonly state: PlatformState;
  /** Resolves when everything has stopped after the signal. */
  readonly done: Promise<void>;
}

export async function startPlatform(options: StartPlatformOptions): Promise<RunningPlatform> {
  const { config, log, signal, onProgress, externalPlatform } = options;
  const logSources = new Map<string, LogSource>();
  let half: PlatformHalf | undefined;
  const reclaimDisk = async (): Promise<void> => await half?.reclaimDisk();
  const engine = await startEngine({ config, log, onProgress, logSources, reclaimDisk });
  half = externalPlatform ? undefined : await startHalf(options, engine, logSources);
  if (half === undefined) serveRemoteLogs(config, logSources);
  const services = [...engine.services, ...(half?.services ?? [])];
  const runToEnd = async (): Promise<void> => {
    await supervise(services, { clock: systemClock, log, signal });
    await half?.close();
    await engine.close();
  };
  const done = runToEnd();
  if (half !== undefined) {
    onProgress("Starting the router");
    await Promise.race([half.router.ready, done]);
  }
  if (options.waitPlatforms) await untilPlatformsReady(engine.clientFor("status"), onProgress, signal);
  return { state: stateOf(options, engine.apiUrl), done };
}

async function startHalf(
  { config, log, onProgress }: StartPlatformOptions,
  engine: EngineHalf,
  logSources: Map<string, LogSource>,
): Promise<PlatformHalf> {
  const { host } = engine;
  const half = await startPlatformHalf({
    config,
    log,
    engine: host.engine,
    ulimits: () => host.ulimits,
    cacheDirectory: host.cacheDirectory,
    clientFor: (component) => engine.clientFor(component),
    onProgress,
    handlers: [],
  });
  for (const [resource, source] of half.logSources) logSources.set(resource, source);
  return half;
}

/** The platform half runs elsewhere: what it has of logs is fetched from its port. */
function serveRemoteLogs(config: PlatformConfig, logSources: Map<string, LogSource>): void {
  const remote = { url: `http://127.0.0.1:${config.platformPort}`, secret: logSecret(config.dataDir) };
  for (const kind of [app, build, route])
    logSources.set(resourceName(kind), remoteLogSource(remote, resourceName(kind)));
}

function stateOf({ config, externalPlatform }: StartPlatformOptions, apiUrl: string): PlatformState {
  return {
    ...thisProcess(),
    version: versionOf(),
    startedAt: new Date().toISOString(),
    httpUrl: `http://${config.domain}:${config.httpPort}`,
    httpsUrl: `https://${config.domain}:${config.httpsPort}`,
    apiUrl,
    registry: `127.0.0.1:${config.registryPort}`,
    nodes: config.nodes,
    externalPlatform,
  };
}
