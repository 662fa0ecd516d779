/**
 * The network of pods and of builds, made by Nagi: a network namespace for each, and a cable (veth) from it into their bridge.
 * The engine would make the same at four times the cost, since it writes all its firewall rules anew for each container and
 * each step of a build (adr/0203). It is told where the namespace is, and joins it.
 *
 * The kernel keeps all of it: a namespace outlives the containers in it and Nagi. Names tell whose it is: a namespace has the
 * owner's uid, a cable the address. After a reboot nothing is there, and no container runs.
 */

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { geteuid } from "node:process";
import type { ContainerEngine } from "../container-engine/container-engine.ts";
import type { NetworkSpec } from "../container-engine/engine-types.ts";
import { messageOf } from "../errors.ts";
import { exists } from "../exists.ts";
import type { Logger } from "../log.ts";
import { findProgram, runProgram } from "../system-programs.ts";
import { formatAddress, parseAddress, parseRange } from "./addresses.ts";
import { bridgeRules, removeBridgeRules, wiredSubnet } from "./bridge-rules.ts";

/** Where `ip netns` keeps them. */
const namespacesDir = "/run/netns";
const interfacesDir = "/sys/class/net";
const forwardingFile = "/proc/sys/net/ipv4/ip_forward";

export interface Bridge {
  /** Name of its interface. */
  readonly bridge: string;
  /** The host's address on it, the default route of the others. */
  readonly gateway: string;
  readonly subnet: string;
}

export interface WiringOptions extends Bridge {
  /** Part of all names: those of one instance are the owners of one bridge. */
  readonly instance: string;
  /** The engine's, which the bridge is of. */
  readonly network: EngineNetwork;
  readonly log: Logger;
}

export type EngineNetwork = Pick<NetworkSpec, "name" | "labels">;

/** The network could not be made; the message has what the program said. */
export class WiringError extends Error {
  override readonly name = "WiringError";
}

export class Wiring {
  readonly #engine: ContainerEngine;
  readonly #options: WiringOptions;
  readonly #ip: string;
  /** Made by this process, and whole: the path by uid of the owner. */
  readonly #made = new Map<string, string>();
  #bridgeReady: Promise<void> | undefined;

  private constructor(engine: ContainerEngine, options: WiringOptions, ip: string) {
    this.#engine = engine;
    this.#options = options;
    this.#ip = ip;
  }

  /** Undefined where it cannot be had: containers get their network from the engine then. */
  static async open(engine: ContainerEngine, options: WiringOptions): Promise<Wiring | undefined> {
    if (geteuid?.() !== 0 || !(await engine.isPodman())) return undefined;
    const [ip, nft] = await Promise.all([findProgram("ip"), findProgram("nft")]);
    if (ip === undefined || nft === undefined) return undefined;
    const probe = namespaceName(options.instance, "probe");
    try {
      await runProgram(ip, ["-batch", "-"], { input: `netns add ${probe}\nnetns del ${probe}\n` });
    } catch (error) {
      options.log.info("the engine makes the networks of containers", { reason: messageOf(error) });
      await runProgram(ip, ["netns", "del", probe]).catch(() => undefined);
      return undefined;
    }
    return new Wiring(engine, options, ip);
  }

  /** The path of the owner's namespace. No process may be in one that this process did not make: it is made anew. */
  async attach(uid: string, address: string): Promise<string> {
    const present = this.#made.get(uid);
    if (present !== undefined && (await exists(present))) return present;
    const { instance, bridge, gateway, subnet } = this.#options;
    const name = namespaceName(instance, uid);
    const path = join(namespacesDir, name);
    const cable = { name, cable: cableName(address), bridge, address, gateway, subnet };
    try {
      await this.#readyBridge();
      if ((await exists(path)) || (await exists(join(interfacesDir, cable.cable))))
        await this.#cut(name, cable.cable);
      await runProgram(this.#ip, ["-batch", "-"], { input: outsideScript(cable) });
      await runProgram(this.#ip, ["-n", name, "-batch", "-"], { input: insideScript(cable) });
    } catch (error) {
      this.#bridgeReady = undefined;
      throw new WiringError(`cannot make the network namespace: ${messageOf(error)}`, { cause: error });
    }
    this.#made.set(uid, path);
    return path;
  }

  /** Its processes, if there still are any, are without network then. */
  async detach(uid: string, address: string | undefined): Promise<void> {
    this.#made.delete(uid);
    const name = namespaceName(this.#options.instance, uid);
    await this.#cut(name, address === undefined ? undefined : cableName(address));
  }

  /** Of the owners that have a namespace. */
  async uids(): Promise<string[]> {
    return (await namespacesOf(this.#options.instance)).map(({ uid }) => uid);
  }

  /** What others may have taken away from under them. */
  async repair(): Promise<void> {
    // Two at a time would both find a rule missing, and both add it.
    await this.#bridgeReady?.catch(() => undefined);
    this.#bridgeReady = undefined;
    if ((await this.uids()).length > 0) await this.#readyBridge();
    const { network } = this.#options;
    if ((await this.#engine.findNetwork(network.name)) === undefined)
      await remakeNetwork(this.#engine, network, this.#options);
  }

  /** The kernel takes a cable away with its namespace, but some time after: its name must be free at once. */
  async #cut(name: string, cable: string | undefined): Promise<void> {
    const lines: string[] = [];
    if (cable !== undefined && (await exists(join(interfacesDir, cable)))) lines.push(`link del ${cable}`);
    if (await exists(join(namespacesDir, name))) lines.push(`netns del ${name}`);
    if (lines.length === 0) return;
    const script = `${lines.join("\n")}\n`;
    try {
      await runProgram(this.#ip, ["-force", "-batch", "-"], { input: script });
    } catch (error) {
      // The kernel was quicker with the cable.
      if (await exists(join(namespacesDir, name))) throw error;
    }
  }

  async #readyBridge(): Promise<void> {
    if (this.#bridgeReady !== undefined && !(await exists(join(interfacesDir, this.#options.bridge))))
      this.#bridgeReady = undefined;
    this.#bridgeReady ??= this.#makeBridge();
    await this.#bridgeReady;
  }

  async #makeBridge(): Promise<void> {
    const { bridge, gateway, subnet, instance } = this.#options;
    const device = join(interfacesDir, bridge);
    if (!(await exists(device))) {
      try {
        const plugs = (await cablesOf(subnet)).map((cable) => `link set ${cable} master ${bridge}\n`);
        const script = bridgeScript({ bridge, gateway, subnet });
        await runProgram(this.#ip, ["-batch", "-"], { input: script + plugs.join("") });
      } catch (error) {
        // The engine makes it too, for a pod whose network it makes.
        if (!(await exists(device))) throw error;
      }
    } else {
      // That of a network that was removed and made again lacks it, or somebody took it away.
      await runProgram(this.#ip, ["-batch", "-"], { input: addressScript({ bridge, gateway, subnet }) });
    }
    if ((await readFile(forwardingFile, "utf8")).trim() !== "1") await writeFile(forwardingFile, "1");
    await bridgeRules({ instance, subnet });
  }
}

/** What an instance has in the kernel, as long as the machine runs; undefined where that is nothing. */
export async function wiredBridge(instance: string): Promise<Bridge | undefined> {
  const subnet = await wiredSubnet(instance);
  if (subnet === undefined) return undefined;
  const gateway = formatAddress(parseRange(subnet).first + 1);
  const ip = (await findProgram("ip")) ?? "ip";
  const all = await runProgram(ip, ["-4", "-brief", "address", "show"]);
  const bridge = all
    .split("\n")
    .find((line) => line.includes(` ${gateway}/`))
    ?.split(/[ @]/)[0];
  return bridge === undefined ? undefined : { bridge, gateway, subnet };
}

/**
 * Makes an engine's network again, as it was, that somebody removed while others are on it: for the engine nobody is, so
 * `podman network prune` removes it. The engine takes no range that an interface has: the bridge is without it for that moment.
 */
export async function remakeNetwork(
  engine: ContainerEngine,
  network: EngineNetwork,
  { bridge, gateway, subnet }: Bridge,
): Promise<void> {
  const ip = (await findProgram("ip")) ?? "ip";
  const own = `${gateway}/${subnet.split("/")[1]}`;
  // It may be without already.
  await runProgram(ip, ["address", "del", own, "dev", bridge]).catch(() => undefined);
  try {
    await engine.createNetwork({ ...network, interface: bridge, subnet, gateway });
  } finally {
    if (await exists(join(interfacesDir, bridge)))
      await runProgram(ip, ["-batch", "-"], { input: addressScript({ bridge, gateway, subnet }) });
  }
}

/** Takes away all that an instance has in the kernel: for when the platform is shut down for good. */
export async function removeWiring(instance: string, bridge: string | undefined): Promise<void> {
  const ip = await findProgram("ip");
  if (ip === undefined || geteuid?.() !== 0) return;
  const lines = (await namespacesOf(instance)).map(({ name }) => `netns del ${name}\n`);
  if (lines.length > 0) await runProgram(ip, ["-force", "-batch", "-"], { input: lines.join("") });
  const device = bridge ?? (await wiredBridge(instance))?.bridge;
  if (device !== undefined && (await exists(join(interfacesDir, device))))
    await runProgram(ip, ["link", "del", device]);
  await removeBridgeRules(instance);
}

async function namespacesOf(instance: string): Promise<{ readonly name: string; readonly uid: string }[]> {
  const prefix = namespaceName(instance, "");
  const names = await readdir(namespacesDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const pattern = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
  return names
    .map((name) => ({ name, uid: name.startsWith(prefix) ? name.slice(prefix.length) : "" }))
    .filter(({ uid }) => pattern.test(uid));
}

function namespaceName(instance: string, uid: string): string {
  return `nagi-${instance}-${uid}`;
}

/** Of the host's end. Addresses are one pod's on the whole machine; the kernel allows 15 characters. */
function cableName(address: string): string {
  return `nagi${hexOf(address)}`;
}

/** Those of a bridge that was taken away are there still. */
async function cablesOf(subnet: string): Promise<string[]> {
  const { first, last } = parseRange(subnet);
  return (await readdir(interfacesDir)).filter((name) => {
    const address = /^nagi([0-9a-f]{8})$/.exec(name)?.[1];
    return (
      address !== undefined && first <= Number.parseInt(address, 16) && Number.parseInt(address, 16) <= last
    );
  });
}

/** Follows from the address: who remembers it for an address remembers the right one, whichever pod has it. */
function hardwareAddress(address: string): string {
  return `02:6e:${(hexOf(address).match(/../g) ?? []).join(":")}`;
}

function hexOf(address: string): string {
  return parseAddress(address).toString(16).padStart(8, "0");
}

interface Cable extends Bridge {
  readonly name: string;
  readonly cable: string;
  readonly address: string;
}

function outsideScript({ name, cable, bridge, address }: Cable): string {
  const inner = `peer name eth0 address ${hardwareAddress(address)} netns ${name}`;
  return `netns add ${name}\nlink add ${cable} type veth ${inner}\nlink set ${cable} master ${bridge} up\n`;
}

function insideScript({ address, gateway, subnet }: Cable): string {
  const own = `${address}/${subnet.split("/")[1]}`;
  return `link set lo up\naddress add ${own} broadcast + dev eth0\nlink set eth0 up\nroute add default via ${gateway}\n`;
}

/** A hardware address of its own, or the bridge would change its with each cable that comes and goes. */
function bridgeScript(made: Bridge): string {
  const { bridge, gateway } = made;
  return `link add ${bridge} address ${hardwareAddress(gateway)} type bridge\n${addressScript(made)}`;
}

function addressScript({ bridge, gateway, subnet }: Bridge): string {
  const own = `${gateway}/${subnet.split("/")[1]}`;
  return `address replace ${own} broadcast + dev ${bridge}\nlink set ${bridge} up\n`;
}
