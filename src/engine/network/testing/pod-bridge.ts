/** A bridge with pods for tests: network namespaces, each with a program that answers with the pod's name. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { execPath } from "node:process";
import { runProgram } from "../../../lib/system-programs.ts";

const ip = "/usr/sbin/ip";
export const podPort = 8080;

const server = `
  const [name, port] = process.argv.slice(1);
  require("node:net").createServer((socket) => socket.end(name + " saw " + socket.remoteAddress)).listen(Number(port), () => console.log("ready"));
`;

export interface TestPod {
  readonly name: string;
  readonly address: string;
}

export class PodBridge {
  readonly name: string;
  readonly gateway: string;
  readonly subnet: string;
  readonly #prefix: string;
  readonly #pods: TestPod[] = [];
  readonly #servers: ChildProcess[] = [];

  /** `prefix` is three bytes, for instance `10.242.7`. */
  constructor(name: string, prefix: string) {
    this.name = name;
    this.#prefix = prefix;
    this.gateway = `${prefix}.1`;
    this.subnet = `${prefix}.0/24`;
  }

  async create(): Promise<void> {
    await this.#ip(`link add ${this.name} type bridge`);
    await this.#ip(`addr add ${this.gateway}/24 dev ${this.name}`);
    await this.#ip(`link set ${this.name} up`);
  }

  async addPod(): Promise<TestPod> {
    const number = this.#pods.length + 11;
    const pod = { name: `${this.name}p${number}`, address: `${this.#prefix}.${number}` };
    this.#pods.push(pod);
    await this.#ip(`netns add ${pod.name}`);
    await this.#ip(`link add ${pod.name} type veth peer name eth0 netns ${pod.name}`);
    await this.#ip(`link set ${pod.name} master ${this.name} up`);
    await this.#ip(`-n ${pod.name} link set lo up`);
    await this.#ip(`-n ${pod.name} addr add ${pod.address}/24 dev eth0`);
    await this.#ip(`-n ${pod.name} link set eth0 up`);
    await this.#ip(`-n ${pod.name} route add default via ${this.gateway}`);
    const args = ["netns", "exec", pod.name, execPath, "-e", server, pod.name, String(podPort)];
    const child = spawn(ip, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#servers.push(child);
    await once(child.stdout, "data");
    return pod;
  }

  /** What a server at the address answers; throws when it refuses or does not answer in time. */
  ask(from: TestPod | "host", address: string, port: number): Promise<string> {
    const command = `exec 3<>/dev/tcp/${address}/${port} && cat <&3`;
    const bash = ["timeout", "1", "bash", "-c", command];
    if (from === "host") return runProgram("/usr/bin/env", bash);
    return runProgram(ip, ["netns", "exec", from.name, ...bash]);
  }

  /** Takes the bridge down and routes the pods' addresses out of the machine, until disposed. */
  async leadElsewhere(): Promise<AsyncDisposable & { readonly address: string }> {
    const away = `${this.name}x`;
    await this.#ip(`link add ${away} type bridge`);
    await this.#ip(`addr add 198.51.100.1/24 dev ${away}`);
    await this.#ip(`link set ${away} up`);
    await this.#ip(`link set ${this.name} down`);
    await this.#ip(`route add ${this.subnet} via 198.51.100.2`);
    return {
      address: `${this.#prefix}.11`,
      [Symbol.asyncDispose]: async () => {
        await this.#ip(`link del ${away}`);
        await this.#ip(`link set ${this.name} up`);
      },
    };
  }

  run(pod: TestPod, command: readonly string[]): Promise<string> {
    return runProgram(ip, ["netns", "exec", pod.name, ...command]);
  }

  async destroy(): Promise<void> {
    for (const child of this.#servers) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    for (const pod of this.#pods) await this.#ip(`netns del ${pod.name}`);
    await this.#ip(`link del ${this.name}`);
  }

  #ip(command: string): Promise<string> {
    return runProgram(ip, command.split(" "));
  }
}
