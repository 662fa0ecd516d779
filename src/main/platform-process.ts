/**
 * The platform half in a process of its own. It has nothing of the engine half but the API's address and token, the
 * container engine's socket, and the data directory, where git, sources and the registry keep their files.
 */

import type { CommandContext } from "../cli/command.ts";
import { connectionOf } from "../client/connection.ts";
import { HttpsClient } from "../client/https-client.ts";
import { loadKubeconfig } from "../client/kubeconfig.ts";
import type { LogSource } from "../client/log-source.ts";
import { systemClock } from "../lib/clock.ts";
import { EngineHost, ownSocketPath } from "../lib/container-engine/engine-host.ts";
import { createLogger, type Logger, type LogLevel } from "../lib/log.ts";
import { paths, type PlatformConfig } from "./config.ts";
import { engineEnvironment } from "./environment.ts";
import { openLogFile } from "./log-file.ts";
import { logHandler, logSecret } from "./remote-logs.ts";
import { startPlatformHalf } from "./start-platform-half.ts";
import { removePlatformHalf, writePlatformHalf } from "./state.ts";
import { supervise } from "./supervise.ts";
import { endOnUncaught } from "./uncaught.ts";

/** Resolves when everything has stopped after the context's signal. */
export async function runPlatformProcess(context: CommandContext, config: PlatformConfig): Promise<void> {
  const { terminal, signal } = context;
  const { dataDir } = config;
  const level = (context.text("log-level") ?? "info") as LogLevel;
  const log = createLogger({ level, write: openLogFile(paths(dataDir).platformLogFile) });
  endOnUncaught(log);
  const host = await connectEngine(config, log);
  const client = await connectApi(dataDir);
  // Filled when the half has started: its HTTP serves them.
  const logSources = new Map<string, LogSource>();
  const half = await startPlatformHalf({
    config,
    log,
    engine: host.engine,
    ulimits: () => host.ulimits,
    cacheDirectory: host.cacheDirectory,
    clientFor: () => client,
    onProgress: (line) => terminal.progress(line),
    handlers: [logHandler(logSources, logSecret(dataDir))],
  });
  for (const [resource, source] of half.logSources) logSources.set(resource, source);
  writePlatformHalf(dataDir);
  const done = supervise(half.services, { clock: systemClock, log, signal });
  terminal.progress("Starting the router");
  await Promise.race([half.router.ready, done]);
  if (!signal.aborted) {
    terminal.progressDone();
    terminal.print(`The platform half is ready (pid ${process.pid}). Ctrl-C stops it; apps go on.`);
  }
  await done;
  await half.close();
  client.close();
  removePlatformHalf(dataDir);
}

/** Over the socket only: the engine half starts it and keeps it running. */
async function connectEngine(config: PlatformConfig, log: Logger): Promise<EngineHost> {
  const { engine: dir } = paths(config.dataDir);
  const socketPath = config.engineSocket ?? ownSocketPath(dir);
  const host = new EngineHost({ socketPath, dir, env: engineEnvironment(), clock: systemClock, log });
  await host.start();
  return host;
}

/** As the user that the engine half has made for this process. */
async function connectApi(dataDir: string): Promise<HttpsClient> {
  const config = await loadKubeconfig([paths(dataDir).platformKubeconfig]);
  return new HttpsClient({ connection: await connectionOf(config), clock: systemClock });
}
