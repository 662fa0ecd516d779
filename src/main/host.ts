/** The machine as the commands see it. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Host } from "../cli/command.ts";

const captureBytesMax = 16 * 1024 ** 2;

export function createHost(): Host {
  const home = homedir();
  return {
    cwd: process.cwd(),
    env: process.env,
    home,
    version: versionOf(),
    program: fileURLToPath(new URL("../../bin/nagi", import.meta.url)),
    dataDir: (given) => resolve(given ?? process.env["NAGI_HOME"] ?? defaultDataDir(home)),
    async schedulerPlugins(modules) {
      const { loadPlugins, settledPlugins } = await import("./scheduler/load-plugins.ts");
      return await loadPlugins(settledPlugins(modules, process.cwd()) ?? []);
    },
    capture: (program, argv) =>
      new Promise((done) => {
        execFile(program, argv, { maxBuffer: captureBytesMax }, (error, stdout) =>
          done(error === null ? stdout : undefined),
        );
      }),
  };
}

function defaultDataDir(home: string): string {
  if (process.getuid?.() === 0) return "/var/lib/nagi";
  return join(process.env["XDG_DATA_HOME"] ?? join(home, ".local", "share"), "nagi");
}

export function versionOf(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
