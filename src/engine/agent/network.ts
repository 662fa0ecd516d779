/**
 * The pods' network: a bridge of our own on the engine, and an address a pod. Which address is whose stands in
 * the labels of the containers, so that nothing else has to be kept. Where it can, Nagi connects the pods itself (lib/wiring).
 */

import { readFile } from "node:fs/promises";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import type { Logger } from "../../lib/log.ts";
import type { NetworkDetails } from "../../lib/container-engine/engine-types.ts";
import {
  AddressPool,
  formatAddress,
  freeSubnet,
  parseRange,
  routedRanges,
  type Range,
} from "../../lib/wiring/addresses.ts";
import { labels, type ContainerRecord, type RunState } from "./container-record.ts";
import {
  remakeNetwork,
  removeWiring,
  wiredBridge,
  Wiring,
  type EngineNetwork,
} from "../../lib/wiring/wiring.ts";

export interface NetworkInfo {
  readonly name: string;
  readonly subnet: string;
  /** The node's address on the bridge: where pods find services of the node. */
  readonly gateway: string;
}

/** The states of containers, the one first that has its address for certain. */
const inUse: readonly RunState[] = ["running", "created", "exited"];

export class PodNetwork {
  readonly info: NetworkInfo;
  readonly #addresses: AddressPool;
  readonly #wiring: Wiring | undefined;

  constructor(info: NetworkInfo, wiring?: Wiring) {
    this.info = info;
    this.#addresses = new AddressPool(info.subnet);
    this.#wiring = wiring;
  }

  /** The pod's address; the same one until it is released. */
  allocate(podUid: string): string {
    return this.#addresses.allocate(podUid);
  }

  addressOf(podUid: string): string | undefined {
    return this.#addresses.addressOf(podUid);
  }

  /**
   * Takes over which address is whose from the containers that are there. Those that run use theirs; that of a pod which has
   * ended may be another's by now, though its containers are kept. Returns those that run on one that is not their pod's alone.
   */
  adopt(records: readonly ContainerRecord[]): ContainerRecord[] {
    const order = records.toSorted(
      (a, b) => inUse.indexOf(a.state) - inUse.indexOf(b.state) || b.startedMs - a.startedMs,
    );
    return order.filter(({ podUid, address, state }) => {
      if (address === "") return false;
      const isRunning = state === "running";
      if (!isRunning && this.#addresses.addressOf(podUid) !== undefined) return false;
      return !this.#addresses.reserve(podUid, address) && isRunning;
    });
  }

  /** The path of the namespace that the pod's first container joins; undefined: the engine makes one. */
  async attach(podUid: string): Promise<string | undefined> {
    return this.#wiring?.attach(podUid, this.#addresses.allocate(podUid));
  }

  /** For a pod without containers that run. */
  async release(podUid: string): Promise<void> {
    await this.#wiring?.detach(podUid, this.#addresses.addressOf(podUid));
    this.#addresses.release(podUid);
  }

  /** Uids of pods that something is left of. */
  async podUids(): Promise<string[]> {
    return (await this.#wiring?.uids()) ?? [];
  }

  /** What others may have taken away from under the pods. */
  async repair(): Promise<void> {
    await this.#wiring?.repair();
  }
}

export interface NetworkOptions {
  readonly instance: string;
  /** Address ranges that must stay free, for instance of services. */
  readonly avoid?: readonly string[] | undefined;
  readonly log: Logger;
}

const attemptsMax = 5;

/** Finds the network or makes it, with a subnet that is free on this machine. */
export async function openPodNetwork(engine: ContainerEngine, options: NetworkOptions): Promise<PodNetwork> {
  const name = networkName(options.instance);
  const present = await engine.findNetwork(name);
  if (present !== undefined) return wired(engine, present, options);
  const former = await wiredBridge(options.instance);
  if (former !== undefined) {
    // Somebody removed it, and pods are on it.
    await remakeNetwork(engine, engineNetwork(options), former);
    return wired(engine, await engine.inspectNetwork(name), options);
  }
  for (let attempt = 1; ; attempt += 1) {
    const ranges = await takenRanges(engine, options.avoid ?? []);
    const subnet = freeSubnet(ranges);
    if (subnet === undefined)
      throw new Error("cannot make the pods' network: no /16 of 10.64.0.0/10 is free");
    const gateway = formatAddress(parseRange(subnet).first + 1);
    try {
      await engine.createNetwork({ ...engineNetwork(options), subnet, gateway });
      return await wired(engine, await engine.inspectNetwork(name), options);
    } catch (error) {
      // Another Nagi that starts at this moment was quicker with the range.
      if (!isEngineError(error) || attempt === attemptsMax) throw error;
    }
  }
}

/** With all pods gone. */
export async function removePodNetwork(engine: ContainerEngine, instance: string): Promise<void> {
  const name = networkName(instance);
  const present = await engine.findNetwork(name);
  await removeWiring(instance, present?.Interface);
  if (present === undefined) return;
  await engine.removeNetwork(name).catch((error: unknown) => {
    if (!isEngineError(error, 404)) throw error;
  });
}

async function wired(
  engine: ContainerEngine,
  present: NetworkDetails,
  options: NetworkOptions,
): Promise<PodNetwork> {
  const { instance, log } = options;
  const info = infoOf(present);
  const { Interface: bridge } = present;
  if (bridge === undefined) return new PodNetwork(info);
  const { gateway, subnet } = info;
  const network = engineNetwork(options);
  return new PodNetwork(info, await Wiring.open(engine, { instance, network, bridge, gateway, subnet, log }));
}

function engineNetwork({ instance }: NetworkOptions): EngineNetwork {
  return { name: networkName(instance), labels: { [labels.instance]: instance } };
}

function networkName(instance: string): string {
  return `nagi-${instance}`;
}

function infoOf({ Name, IPAM }: NetworkDetails): NetworkInfo {
  const config = IPAM.Config?.[0];
  if (config === undefined) throw new Error(`cannot use the network ${Name}: it has no subnet`);
  const gateway = config.Gateway ?? formatAddress(parseRange(config.Subnet).first + 1);
  return { name: Name, subnet: config.Subnet, gateway };
}

async function takenRanges(engine: ContainerEngine, avoid: readonly string[]): Promise<Range[]> {
  const routes = routedRanges(await readFile("/proc/net/route", "utf8").catch(() => ""));
  const networks = (await engine.listNetworks()).flatMap(({ IPAM }) => IPAM.Config ?? []);
  const subnets = [...networks.map(({ Subnet }) => Subnet), ...avoid].filter((cidr) => !cidr.includes(":"));
  return [...routes, ...subnets.map(parseRange)];
}
