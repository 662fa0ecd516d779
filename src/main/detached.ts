/** The platform in the background: a child of its own session that reports until it is ready. */

import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CommandContext } from "../cli/command.ts";
import { paths, type PlatformConfig } from "./config.ts";
import { noPlugins } from "./scheduler/load-plugins.ts";
import { prepareInBackground } from "./prepare-in-background.ts";
import type { PlatformState } from "./state.ts";

/** What the child tells its parent. */
export type Report =
  | { readonly type: "progress"; readonly text: string }
  | { readonly type: "ready"; readonly state: PlatformState }
  | { readonly type: "failed"; readonly message: string };

const outputBytesShown = 4000;

export async function startDetachedPlatform(
  context: CommandContext,
  config: PlatformConfig,
): Promise<PlatformState> {
  const folder = paths(config.dataDir).logs;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const outputFile = join(folder, "nagi.out");
  const output = openSync(outputFile, "w", 0o600);
  const child = spawn(process.execPath, childArguments(context, config), {
    cwd: "/",
    detached: true,
    stdio: ["ignore", output, output, "ipc"],
    env: { ...process.env, NAGI_HOME: config.dataDir },
  });
  closeSync(output);
  context.terminal.progress("Starting Nagi");
  try {
    const state = await untilReady(context, child, outputFile);
    context.terminal.progressDone(`Nagi is ready (pid ${state.pid}).`);
    prepareInBackground();
    return state;
  } catch (error) {
    child.kill("SIGTERM");
    throw error;
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function childArguments(context: CommandContext, config: PlatformConfig): string[] {
  const argv = [...process.execArgv, process.argv[1] ?? "", "up"];
  argv.push(
    "--data-dir",
    config.dataDir,
    "--http-port",
    `${config.httpPort}`,
    "--https-port",
    `${config.httpsPort}`,
    "--api-port",
    `${config.apiPort}`,
  );
  argv.push(
    "--registry-port",
    `${config.registryPort}`,
    "--ssh-port",
    `${config.sshPort}`,
    "--tcp-ports",
    config.tcpPorts,
    "--nodes",
    `${config.nodes}`,
    "--domain",
    config.domain,
  );
  argv.push("--log-level", context.text("log-level") ?? "info", "--no-detach");
  if (config.engineSocket !== undefined) argv.push("--engine-socket", config.engineSocket);
  if (config.schedulerConfig !== undefined) argv.push("--scheduler-config", config.schedulerConfig);
  if (config.evictionHard !== undefined) argv.push("--eviction-hard", config.evictionHard);
  if (config.evictionTransitionSeconds !== undefined)
    argv.push("--eviction-transition", `${config.evictionTransitionSeconds}`);
  const plugins = config.schedulerPlugins ?? [];
  for (const path of plugins.length === 0 ? [noPlugins] : plugins) argv.push("--scheduler-plugin", path);
  for (const name of ["external-platform", "wait-platforms"]) if (context.flag(name)) argv.push(`--${name}`);
  return argv;
}

function untilReady(
  context: CommandContext,
  child: ChildProcess,
  outputFile: string,
): Promise<PlatformState> {
  return new Promise((resolve, reject) => {
    context.signal.addEventListener("abort", () => reject(new Error("interrupted")), { once: true });
    child.on("error", (cause) => reject(new Error("cannot start Nagi", { cause })));
    child.on("exit", (code, signal) => {
      const tail = tailOf(outputFile);
      reject(
        new Error(
          `Nagi ended at its start (${signal ?? `exit code ${code}`})${tail === "" ? "" : `:\n${tail}`}`,
        ),
      );
    });
    child.on("message", (report: Report) => {
      if (report.type === "progress") context.terminal.progress(report.text);
      else if (report.type === "ready") resolve(report.state);
      else reject(new Error(report.message));
    });
  });
}

function tailOf(file: string): string {
  const size = statSync(file).size;
  return readFileSync(file, "utf8")
    .slice(Math.max(0, size - outputBytesShown))
    .trim();
}
