/** A real sshd on a loopback port that serves repositories of a directory to whoever shows one of its keys. */

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "../../free-port.ts";

const startMaxTries = 100;

export class SshHost {
  readonly port: number;
  readonly #dir: string;
  #child: ChildProcess | undefined;

  private constructor(dir: string, port: number) {
    this.#dir = dir;
    this.port = port;
  }

  /** `dir` must be one that only its owner may write to, as sshd is strict. */
  static async start(dir: string): Promise<SshHost> {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
    const host = new SshHost(dir, await freePort());
    host.allow([]);
    host.newHostKey();
    await host.up();
    return host;
  }

  /** The address of a repository of the disk. */
  url(path: string): string {
    return `ssh://${userInfo().username}@127.0.0.1:${this.port}${path}`;
  }

  /** A line for known_hosts. */
  get knownHosts(): string {
    const key = execFileSync("ssh-keygen", ["-y", "-f", join(this.#dir, "host")], { encoding: "utf8" });
    return `[127.0.0.1]:${this.port} ${key.split(" ").slice(0, 2).join(" ").trim()}\n`;
  }

  /** By public key, and what each may run: all repositories of the disk, or one. */
  allow(keys: readonly { readonly publicKey: string; readonly repository?: string }[]): void {
    const lines = keys.map(({ publicKey, repository }) => {
      const command = repository === undefined ? "" : `command="git-upload-pack '${repository}'",`;
      return `${command}restrict ${publicKey}\n`;
    });
    writeFileSync(join(this.#dir, "authorized_keys"), lines.join(""), { mode: 0o600 });
  }

  newHostKey(): void {
    for (const name of ["host", "host.pub"]) rmSync(join(this.#dir, name), { force: true });
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(this.#dir, "host")]);
  }

  async up(): Promise<void> {
    const config = [
      `ListenAddress 127.0.0.1:${this.port}`,
      `HostKey ${join(this.#dir, "host")}`,
      `AuthorizedKeysFile ${join(this.#dir, "authorized_keys")}`,
      "PidFile none",
      "UsePAM no",
      "StrictModes no",
      "PermitRootLogin prohibit-password",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
    ];
    const file = join(this.#dir, "sshd_config");
    writeFileSync(file, `${config.join("\n")}\n`);
    this.#child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", file], { stdio: "ignore" });
    for (let tries = 0; !(await answers(this.port)); tries += 1) {
      if (tries > startMaxTries) throw new Error(`cannot start sshd on port ${this.port}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
  }
}

/** A key pair as ssh-keygen makes it. */
export function newKeyPair(
  dir: string,
  name: string,
): { readonly privateKey: string; readonly publicKey: string } {
  const file = join(dir, name);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file]);
  const read = (path: string): string => readFileSync(path, "utf8");
  return { privateKey: read(file), publicKey: read(`${file}.pub`).trim() };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => resolve(true));
    for (const name of ["error", "close"]) socket.once(name, () => resolve(false));
    socket.on("data", () => socket.destroy());
  });
}
