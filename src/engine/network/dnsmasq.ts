/**
 * The name server of the pods: dnsmasq, which goes on answering when Nagi is stopped or killed (adr/0061). It
 * binds the host's address on the pods' bridge and nothing else, whether the bridge is there yet or not, and
 * reads the names from one file, again whenever it gets SIGHUP.
 */

import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { kill } from "node:process";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { ManagedProcess, stopManaged } from "../../lib/managed-process.ts";
import { endStrays } from "./strays.ts";

const programName = "dnsmasq";
const cacheEntries = 1000;
const forwardsAtOnce = 150;
/** How long a client may keep the address of a service. */
const ttlSeconds = 5;
const graceMs = 3000;

export interface DnsmasqOptions {
  /** Path of the program. */
  readonly program: string;
  readonly instance: string;
  readonly dataDir: string;
  readonly address: string;
  readonly clusterDomain: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Dnsmasq {
  readonly #options: DnsmasqOptions;
  #process: ManagedProcess | undefined;
  #hostsPath = "";
  #text: string | undefined;

  constructor(options: DnsmasqOptions) {
    this.#options = options;
  }

  /** Starts it with these names, or gives them to the one that runs. */
  async start(hosts: string): Promise<void> {
    const directory = await hostsDirectory(this.#options);
    this.#hostsPath = hostsPathIn(directory);
    await this.#write(hosts);
    const { clock, log } = this.#options;
    const dir = stateDirectory(this.#options.dataDir);
    await mkdir(dir, { recursive: true });
    const command = this.#command();
    const managed = new ManagedProcess({ name: programName, dir, command, env: {}, graceMs, clock, log });
    this.#process = managed;
    // A second one would hold the address, and this one could not start.
    await endStrays({ argument: hostsArgument(this.#hostsPath), except: await managed.pid(), clock });
    if ((await managed.start()) === "adopted") await this.#reload();
  }

  /** Keeps it running until the signal aborts, which leaves it running. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#process?.run(signal);
  }

  async update(hosts: string): Promise<void> {
    if (hosts === this.#text) return;
    await this.#write(hosts);
    await this.#reload();
  }

  async #reload(): Promise<void> {
    const pid = await this.#process?.pid();
    if (pid !== undefined) kill(pid, "SIGHUP");
  }

  /** In one piece: dnsmasq never reads half a file. */
  async #write(hosts: string): Promise<void> {
    await writeFile(`${this.#hostsPath}.new`, hosts, { mode: 0o644 });
    await rename(`${this.#hostsPath}.new`, this.#hostsPath);
    this.#text = hosts;
  }

  #command(): [string, ...string[]] {
    const { program, address, clusterDomain } = this.#options;
    return [
      program,
      "--keep-in-foreground",
      "--conf-file=/dev/null",
      "--pid-file",
      "--log-facility=-",
      "--bind-dynamic",
      `--listen-address=${address}`,
      "--no-hosts",
      hostsArgument(this.#hostsPath),
      `--local=/${clusterDomain}/`,
      "--domain-needed",
      "--resolv-file=/etc/resolv.conf",
      `--local-ttl=${ttlSeconds}`,
      `--cache-size=${cacheEntries}`,
      `--dns-forward-max=${forwardsAtOnce}`,
    ];
  }
}

function stateDirectory(dataDir: string): string {
  return join(dataDir, "network");
}

/**
 * dnsmasq reads the names after it has given up root, so they must lie where everybody may look: in the data
 * directory, or under /run when the way there is closed to others. Service names and addresses are no secrets.
 */
async function hostsDirectory({ dataDir, instance }: DnsmasqOptions): Promise<string> {
  const own = ownDirectory(dataDir);
  await mkdir(own, { recursive: true, mode: 0o755 });
  const open = await isOpenTo(own);
  const directory = open ? own : runDirectory(instance);
  if (!open) await mkdir(directory, { recursive: true, mode: 0o755 });
  return directory;
}

function ownDirectory(dataDir: string): string {
  return join(stateDirectory(dataDir), "dns");
}

function hostsPathIn(directory: string): string {
  return join(directory, "hosts");
}

/** Names the instance, so that its name server can be told from every other. */
function hostsArgument(hostsPath: string): string {
  return `--addn-hosts=${hostsPath}`;
}

function runDirectory(instance: string): string {
  return `/run/nagi-${instance}-dns`;
}

/** Whether every directory on the way lets others pass. */
async function isOpenTo(path: string): Promise<boolean> {
  for (let directory = path; ; directory = dirname(directory)) {
    if (((await stat(directory)).mode & 0o001) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}

/** Ends the name server of an instance, whoever started it. */
export async function stopDnsmasq(options: {
  readonly instance: string;
  readonly dataDir: string;
  readonly clock: Clock;
}): Promise<void> {
  const { instance, dataDir, clock } = options;
  await stopManaged({ name: programName, dir: stateDirectory(dataDir), graceMs, clock });
  for (const directory of [ownDirectory(dataDir), runDirectory(instance)]) {
    await endStrays({ argument: hostsArgument(hostsPathIn(directory)), clock });
  }
  await rm(runDirectory(instance), { recursive: true, force: true });
}
