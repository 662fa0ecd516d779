/** The platform in this process, until it is told to stop. */

import type { CommandContext } from "../cli/command.ts";
import { messageOf } from "../lib/errors.ts";
import { createLogger, type LogLevel } from "../lib/log.ts";
import { endOnUncaught } from "./uncaught.ts";
import { paths, rememberConfig, type PlatformConfig } from "./config.ts";
import type { Report } from "./detached.ts";
import { notifyReady } from "./notify-systemd.ts";
import { lostPorts } from "./named-ports.ts";
import { problemText } from "./preflight.ts";
import { openLogFile } from "./log-file.ts";
import { survivingProcesses } from "./processes.ts";
import { startPlatform } from "./start-platform.ts";
import { stopPrograms } from "./stop-everything.ts";
import { removeStarting, removeState, writeStarting, writeState, type PlatformState } from "./state.ts";

export async function runForeground(
  context: CommandContext,
  config: PlatformConfig,
  onReady: (state: PlatformState) => void,
): Promise<number> {
  const level = (context.text("log-level") ?? "info") as LogLevel;
  const log = createLogger({ level, write: openLogFile(paths(config.dataDir).logFile) });
  const report = (message: Report): void => {
    // Who started it may go meanwhile, between the question and the answer: the platform starts all the same.
    if (process.connected) process.send?.(message, () => undefined);
    else if (message.type === "progress") context.terminal.progress(message.text);
  };
  endOnUncaught(log);
  const before = new Set((await survivingProcesses(config.dataDir)).map(({ name }) => name));
  writeStarting(config.dataDir);
  try {
    const platform = await startPlatform({
      config,
      log,
      signal: context.signal,
      externalPlatform: context.flag("external-platform"),
      waitPlatforms: context.flag("wait-platforms"),
      onProgress: (text) => report({ type: "progress", text }),
    });
    rememberConfig(config);
    writeState(config.dataDir, platform.state);
    removeStarting(config.dataDir);
    await notifyReady(process.env).catch((error: unknown) => log.warn("cannot tell systemd", { error }));
    if (process.connected) report({ type: "ready", state: platform.state });
    else {
      context.terminal.progressDone(`Nagi is ready (pid ${process.pid}). Ctrl-C stops it; apps go on.`);
      onReady(platform.state);
    }
    await platform.done;
    removeState(config.dataDir);
    return 0;
  } catch (error) {
    if (context.signal.aborted) return 0;
    log.error("the platform does not start", { error });
    // Two starts at once may both have found a port free.
    const lost = await lostPorts(config);
    await stopPrograms(config, before);
    const reason = lost.length === 0 ? error : new Error(problemText(lost), { cause: error });
    if (!process.connected) throw reason;
    report({ type: "failed", message: messageOf(reason) });
    return 1;
  } finally {
    removeStarting(config.dataDir);
  }
}
