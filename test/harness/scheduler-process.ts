/** `nagi scheduler` as a process of its own, as a user starts it. */

import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeKubeconfig } from "../../src/client/kubeconfig.ts";
import { singleKubeconfig } from "../../src/client/single-kubeconfig.ts";
import type { TestServer } from "../../src/engine/apiserver/testing/test-server.ts";
import { root, until } from "./platform.ts";

/** A kubeconfig of the server, which listens from now on. */
export async function kubeconfigOf(server: TestServer): Promise<string> {
  const { port } = await server.listen();
  const file = join(server.directory, "kubeconfig");
  const ca = Buffer.from(server.caPem).toString("base64");
  const cluster = { server: `https://127.0.0.1:${port}`, "certificate-authority-data": ca };
  const token = server.server.tokenOf("admin");
  await writeKubeconfig(file, singleKubeconfig({ name: "test", cluster, token, namespace: "default" }));
  return file;
}

export function fileIn(server: TestServer, name: string, text: string): string {
  const path = join(server.directory, name);
  writeFileSync(path, text);
  return path;
}

export class SchedulerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  output = "";

  private constructor(kubeconfig: string, flags: readonly string[]) {
    const argv = ["scheduler", "--kubeconfig", kubeconfig, "--metrics-port", "0", ...flags];
    this.#child = spawn(join(root, "bin/nagi"), argv, { env: { ...process.env, NO_COLOR: "1" } });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.#ended = new Promise((resolve) => this.#child.on("exit", resolve));
  }

  static async start(kubeconfig: string, flags: readonly string[] = []): Promise<SchedulerProcess> {
    const process = new SchedulerProcess(kubeconfig, flags);
    await process.says("Health and metrics: ");
    if (flags.includes("--serve-extender")) await process.says("Extender: ");
    return process;
  }

  get leads(): boolean {
    return this.output.includes('"message":"leading"');
  }

  /** Where it answers, by the line that says so. */
  url(line: "Health and metrics" | "Extender"): string {
    const found = new RegExp(`${line}: (https?://[^/]+)`).exec(this.output)?.[1];
    if (found === undefined) throw new Error(`it does not say where: ${this.output}`);
    return found;
  }

  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`${this.url("Health and metrics")}${path}`);
    return { status: response.status, text: await response.text() };
  }

  async says(text: string): Promise<void> {
    await until(() => {
      if (this.#child.exitCode !== null) throw new Error(`nagi scheduler ended: ${this.output}`);
      return this.output.includes(text);
    }, `nagi scheduler to say ${text}`);
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.#child.kill(signal);
    return await this.#ended;
  }
}
