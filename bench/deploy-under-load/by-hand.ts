/**
 * What deploys are held against: the script that a careful person would write with `podman run` and a HAProxy. A new container
 * of the image for each that runs, one after the other: once it answers it gets requests, the old one gets no new ones, has two
 * seconds for those that are open, and is stopped.
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../src/lib/free-port.ts";
import { pause } from "../../test/harness/platform.ts";
import { atSignal } from "../platform.ts";
import { endServers, runHaproxy } from "../router/servers.ts";

const appPort = 8080;
const drainMs = 2000;
const pollMs = 10;
const addressFormat = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";

export interface ByHandOptions {
  readonly image: string;
  readonly instances: number;
  /** For HAProxy's files. */
  readonly dir: string;
  /** As Nagi's engine is set up. */
  readonly env: NodeJS.ProcessEnv;
}

export class DeployedByHand {
  readonly port: number;
  readonly #options: ByHandOptions;
  /** Names of containers by server of HAProxy's; one server more than there are instances. */
  readonly #slots: (string | undefined)[];
  #made = 0;

  private constructor(options: ByHandOptions, port: number) {
    this.#options = options;
    this.port = port;
    this.#slots = Array.from({ length: options.instances + 1 }, () => undefined);
    atSignal(() => this.end());
  }

  static async start(options: ByHandOptions): Promise<DeployedByHand> {
    const made = new DeployedByHand(options, await freePort());
    runHaproxy(options.dir, made.#configuration());
    while (!existsSync(join(options.dir, "admin.sock"))) await pause(pollMs);
    for (let index = 0; index < options.instances; index++) await made.#begin();
    return made;
  }

  async deploy(): Promise<void> {
    const old = this.#slots.flatMap((name, slot) => (name === undefined ? [] : [{ name, slot }]));
    for (const { name, slot } of old) {
      await this.#begin();
      await this.#tell(`set server app/s${slot} state drain`);
      await pause(drainMs);
      await this.#podman("stop", "--time", "10", name);
      await this.#podman("rm", name);
      await this.#tell(`set server app/s${slot} state maint`);
      this.#slots[slot] = undefined;
    }
  }

  async end(): Promise<void> {
    endServers();
    const names = this.#slots.filter((name) => name !== undefined);
    await this.#podman("rm", "--force", "--ignore", "--time", "0", ...names);
  }

  async #begin(): Promise<void> {
    const slot = this.#slots.indexOf(undefined);
    this.#made += 1;
    const name = `nagi-bench-${process.pid}-${this.#made}`;
    this.#slots[slot] = name;
    const variables = ["--env", `PORT=${appPort}`, "--env", `NAGI_RELEASE=${this.#made}`];
    await this.#podman("run", "-d", "--name", name, ...variables, this.#options.image);
    const address = await this.#podman("inspect", "--format", addressFormat, name);
    while (!(await answers(address))) await pause(pollMs);
    await this.#tell(`set server app/s${slot} addr ${address} port ${appPort}`);
    await this.#tell(`set server app/s${slot} state ready`);
  }

  async #podman(...argv: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)("podman", argv, { env: this.#options.env });
    return stdout.trim();
  }

  /** Over HAProxy's runtime API, which says nothing when all is well. */
  async #tell(command: string): Promise<void> {
    const socket = connect(join(this.#options.dir, "admin.sock"));
    socket.end(`${command}\n`);
    let said = "";
    for await (const chunk of socket) said += String(chunk);
    if (/unknown|invalid|no such|require/i.test(said)) throw new Error(`HAProxy on "${command}": ${said}`);
  }

  #configuration(): string {
    const servers = this.#slots.map((_, slot) => `  server s${slot} 127.0.0.1:${appPort} disabled`);
    return `global
  maxconn 4000
  stats socket admin.sock mode 600 level admin
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  timeout http-keep-alive 60s
  option forwardfor
frontend web
  bind 127.0.0.1:${this.port}
  default_backend app
backend app
  balance leastconn
${servers.join("\n")}
`;
  }
}

async function answers(address: string): Promise<boolean> {
  const socket = connect({ host: address, port: appPort });
  return (await new Promise((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  }).finally(() => socket.destroy())) as boolean;
}
