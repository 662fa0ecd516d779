/** The whole platform in this process: the engine half and, unless it runs elsewhere, the platform half. */

import { systemClock } from "../lib/clock.ts";
import type { LogSource } from "../client/log-source.ts";
import type { Logger } from "../lib/log.ts";
import type { PlatformConfig } from "./config.ts";
import { versionOf } from "./host.ts";
import { startEngine } from "./start-engine.ts";
import { startTicksOf, type PlatformState } from "./state.ts";
import { supervise } from "./supervise.ts";

export interface StartPlatformOptions {
  readonly config: PlatformConfig;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Leave builds, git and routes to another process. */
  readonly externalPlatform: boolean;
  readonly onProgress: (text: string) => void;
}

export interface RunningPlatform {
  readonly state: PlatformState;
  /** Resolves when everything has stopped after the signal. */
  readonly done: Promise<void>;
}

export async function startPlatform(options: StartPlatformOptions): Promise<RunningPlatform> {
  const { config, log, signal, onProgress } = options;
  const logSources = new Map<string, LogSource>();
  const engine = await startEngine({
    config,
    log,
    onProgress,
    logSources,
    registryAccess: async () => ({ insecure: true }),
  });
  const services = [...engine.services];
  const done = supervise(services, { clock: systemClock, log, signal }).then(() => engine.close());
  return { state: stateOf(config, engine.apiUrl), done };
}

function stateOf(config: PlatformConfig, apiUrl: string): PlatformState {
  return {
    pid: process.pid,
    startTicks: startTicksOf(process.pid) ?? "",
    version: versionOf(),
    startedAt: new Date().toISOString(),
    httpUrl: `http://${config.domain}:${config.httpPort}`,
    apiUrl,
    registry: `127.0.0.1:${config.registryPort}`,
    nodes: config.nodes,
  };
}
