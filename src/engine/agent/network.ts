/**
 * The pods' network: a bridge of our own on the engine, and an address a pod. Which address is whose stands in
 * the labels of the containers, so that nothing else has to be kept.
 */

import { readFile } from "node:fs/promises";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import type { NetworkDetails } from "../../lib/container-engine/engine-types.ts";
import { AddressPool, formatAddress, freeSubnet, parseRange, routedRanges, type Range } from "./addresses.ts";
import { labels } from "./container-record.ts";

export interface NetworkInfo {
  readonly name: string;
  readonly subnet: string;
  /** The node's address on the bridge: where pods find services of the node. */
  readonly gateway: string;
}

export class PodNetwork {
  readonly info: NetworkInfo;
  readonly addresses: AddressPool;

  constructor(info: NetworkInfo) {
    this.info = info;
    this.addresses = new AddressPool(info.subnet);
  }
}

export interface NetworkOptions {
  readonly instance: string;
  /** Address ranges that must stay free, for instance of services. */
  readonly avoid?: readonly string[] | undefined;
}

const attemptsMax = 5;

/** Finds the network or makes it, with a subnet that is free on this machine. */
export async function openPodNetwork(engine: ContainerEngine, options: NetworkOptions): Promise<PodNetwork> {
  const name = `nagi-${options.instance}`;
  const present = await inspect(engine, name);
  if (present !== undefined) return new PodNetwork(infoOf(present));
  for (let attempt = 1; ; attempt += 1) {
    const ranges = await takenRanges(engine, options.avoid ?? []);
    const subnet = freeSubnet(ranges);
    if (subnet === undefined)
      throw new Error("cannot make the pods' network: no /16 of 10.64.0.0/10 is free");
    const gateway = formatAddress(parseRange(subnet).first + 1);
    try {
      await engine.createNetwork({ name, subnet, gateway, labels: { [labels.instance]: options.instance } });
      return new PodNetwork({ name, subnet, gateway });
    } catch (error) {
      // Another Nagi that starts at this moment was quicker with the range.
      if (!isEngineError(error) || attempt === attemptsMax) throw error;
    }
  }
}

async function inspect(engine: ContainerEngine, name: string): Promise<NetworkDetails | undefined> {
  try {
    return await engine.inspectNetwork(name);
  } catch (error) {
    if (isEngineError(error, 404)) return undefined;
    throw error;
  }
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
