/**
 * The network of builds: a bridge of their own, from which the outside can be reached and this machine cannot. Where that
 * cannot be had (no root, no nftables, another engine than Podman), builds go on as the engine has them, and their log
 * says so.
 */

import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { geteuid } from "node:process";
import { sleep, type Clock } from "../../../lib/clock.ts";
import type { ContainerEngine } from "../../../lib/container-engine/container-engine.ts";
import type { NetworkDetails } from "../../../lib/container-engine/engine-types.ts";
import { isEngineError } from "../../../lib/container-engine/engine-transport.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log.ts";
import { runNft, withoutTable } from "../../../lib/nftables.ts";
import { findProgram } from "../../../lib/system-programs.ts";
import { AddressPool } from "../../../lib/wiring/addresses.ts";
import { removeWiring, Wiring, type EngineNetwork } from "../../../lib/wiring/wiring.ts";
import { BuildFailure } from "../failure.ts";
import type { HostConfig } from "../host-config.ts";
import { buildRules, dnsPort } from "./build-rules.ts";
import { isLoopback, namedEndpoints, nameServersIn, type Endpoint } from "./named-endpoints.ts";
import { guardOf, type Guard } from "./guard.ts";
import { ownAddresses } from "./own-addresses.ts";

export interface BuildNetworkOptions {
  readonly engine: ContainerEngine;
  /** Names network and table, so that several Nagis share a machine. */
  readonly instance: string;
  readonly serviceCidr: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The network for a build's steps, a namespace's path or a network's name; or why it has none of its own. */
export type Isolation =
  | { readonly network: string }
  | { readonly network?: undefined; readonly problem: string };

/** Others make and remove containers on this machine meanwhile, which Podman stumbles over. */
const attemptsMax = 3;
const retryAfterMs = 200;

const resolvFiles = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/** Where Nagi can connect builds itself. */
interface Wires {
  readonly wiring: Wiring;
  readonly addresses: AddressPool;
}

export class BuildNetwork {
  readonly #options: BuildNetworkOptions;
  /** Of builds that may be under way: what is being prepared for them. */
  readonly #builds = new Map<string, Promise<unknown>>();
  #wires: Promise<Wires | undefined> | undefined;
  /** Ranges of others that were seen: pods stay on theirs though somebody removed their network in the engine. */
  readonly #ranges = new Set<string>();

  constructor(options: BuildNetworkOptions) {
    this.#options = options;
  }

  /** As the settings are now; called before a build's steps, until it is released. */
  async prepare(host: HostConfig, uid: string): Promise<Isolation> {
    const preparing = this.#prepare(host, uid);
    this.#builds.set(uid, preparing);
    return await preparing;
  }

  async #prepare(host: HostConfig, uid: string): Promise<Isolation> {
    const { engine, clock, log } = this.#options;
    const endpoints = namedEndpoints(host);
    const local = endpoints.find(isLoopback);
    if (local !== undefined)
      return {
        problem: `${local.host}:${local.port}, which the settings of fetching name, is on this machine's loopback: let it listen on an address of the machine, and name that`,
      };
    const problem = await missingPart(engine);
    if (problem !== undefined) return { problem };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#made(endpoints, uid);
      } catch (error) {
        log.warn("cannot make the network of builds", { error, attempt });
        // What cannot be had is known above. A build that could reach this machine's services after all must not begin.
        if (attempt === attemptsMax)
          throw new BuildFailure(
            "BuildNetworkFailed",
            `cannot keep the build from the services of this machine: ${messageOf(error)}. Try again; see nagi doctor`,
            { cause: error },
          );
        await sleep(clock, attempt * retryAfterMs);
      }
    }
  }

  /** For what is fetched for a build, by the settings and the networks as they are now. */
  async guard(host: HostConfig): Promise<Guard> {
    const machine = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const own = ownAddresses(
      this.#rangesOf(await this.#options.engine.listNetworks(), true),
      machine.map(({ address }) => address),
    );
    return guardOf({ own, named: namedEndpoints(host) });
  }

  /** When no step of the build runs any more, whether or not it was prepared, and though that may still go on. */
  async release(uid: string): Promise<void> {
    await Promise.allSettled([this.#builds.get(uid)]);
    this.#builds.delete(uid);
    try {
      const { wiring, addresses } = (await this.#wires) ?? {};
      await wiring?.detach(uid, addresses?.addressOf(uid));
      addresses?.release(uid);
    } catch (error) {
      this.#options.log.warn("cannot remove the network of a build", { uid, error });
    }
  }

  async #made(endpoints: readonly Endpoint[], uid: string): Promise<Isolation> {
    const { instance } = this.#options;
    const [present, servers, addresses] = await Promise.all([
      this.#ensureNetwork(),
      nameServers(),
      addressesOf(endpoints),
    ]);
    const rules = buildRules({
      table: nameOf(instance),
      interface: interfaceOf(instance),
      ranges: this.#rangesOf(present),
      allowed: [...servers, ...addresses],
    });
    await runNft(rules);
    const network = present.find(({ Name }) => Name === nameOf(instance));
    return { network: (network && (await this.#attach(network, uid))) ?? nameOf(instance) };
  }

  async #ensureNetwork(): Promise<readonly NetworkDetails[]> {
    const { engine, instance } = this.#options;
    // Builds under way are on it, though somebody may have removed it in the engine: it is made again as it was.
    await (await this.#wires)?.wiring.repair();
    const present = await engine.listNetworks();
    if (present.some(({ Name }) => Name === nameOf(instance))) return present;
    await engine.createNetwork({ ...engineNetwork(instance), interface: interfaceOf(instance) });
    return await engine.listNetworks();
  }

  /** The build's namespace on the network; undefined where the engine has to connect its steps. */
  async #attach(network: NetworkDetails, uid: string): Promise<string | undefined> {
    if (this.#wires === undefined) {
      this.#wires = this.#open(network);
      this.#wires.catch(() => (this.#wires = undefined));
    }
    const { wiring, addresses } = (await this.#wires) ?? {};
    return addresses && (await wiring?.attach(uid, addresses.allocate(uid)));
  }

  async #open({ IPAM }: NetworkDetails): Promise<Wires | undefined> {
    const { engine, instance, log } = this.#options;
    const { Subnet: subnet, Gateway: gateway } = IPAM.Config?.[0] ?? {};
    if (subnet === undefined || gateway === undefined) return undefined;
    const place = { bridge: interfaceOf(instance), gateway, subnet, network: engineNetwork(instance) };
    const wiring = await Wiring.open(engine, { instance: wiredAs(instance), ...place, log });
    if (wiring === undefined) return undefined;
    // What builds of an earlier process left.
    for (const uid of await wiring.uids()) if (!this.#builds.has(uid)) await wiring.detach(uid, undefined);
    return { wiring, addresses: new AddressPool(subnet) };
  }

  /** Of all containers of this machine but builds, and of services; `all`: those of IPv6 too. */
  #rangesOf(networks: readonly NetworkDetails[], all = false): string[] {
    const { instance, serviceCidr } = this.#options;
    const others = networks.filter(({ Name }) => Name !== nameOf(instance));
    for (const { Subnet } of others.flatMap(({ IPAM }) => IPAM.Config ?? [])) this.#ranges.add(Subnet);
    return [serviceCidr, ...this.#ranges].filter((subnet) => all || !subnet.includes(":"));
  }
}

/** For `nagi down`. */
export async function removeBuildNetwork(engine: ContainerEngine, instance: string): Promise<void> {
  if ((await missingPart(engine)) !== undefined) return;
  const table = nameOf(instance);
  await runNft(withoutTable("inet", table));
  await removeWiring(wiredAs(instance), interfaceOf(instance));
  await engine.removeNetwork(table).catch((error: unknown) => {
    if (!isEngineError(error, 404)) throw error;
  });
}

function nameOf(instance: string): string {
  return `nagi-builds-${instance}`;
}

function engineNetwork(instance: string): EngineNetwork {
  return { name: nameOf(instance), labels: { "nagi.dev/instance": instance } };
}

/** Of namespaces and rules: apart from those of pods. */
function wiredAs(instance: string): string {
  return `builds-${instance}`;
}

/** The kernel allows 15 characters. */
function interfaceOf(instance: string): string {
  return `nb-${instance}`.slice(0, 15);
}

async function missingPart(engine: ContainerEngine): Promise<string | undefined> {
  if (geteuid?.() !== 0) return "that needs root";
  if (!(await engine.isPodman())) return "that needs Podman as the container engine";
  if ((await findProgram("nft")) === undefined) return "nft is not installed: apt-get install nftables";
  return undefined;
}

async function nameServers(): Promise<Endpoint[]> {
  const texts = await Promise.all(resolvFiles.map((file) => readFile(file, "utf8").catch(() => "")));
  return nameServersIn(texts.join("\n")).map((host) => ({ host, port: dnsPort }));
}

/** A name that is not known leads nowhere in a build either. */
async function addressesOf(endpoints: readonly Endpoint[]): Promise<Endpoint[]> {
  const found = await Promise.all(
    endpoints.map(async ({ host, port }) => {
      if (isIPv4(host)) return [{ host, port }];
      const addresses = await lookup(host, { all: true, family: 4 }).catch(() => []);
      return addresses.map(({ address }) => ({ host: address, port }));
    }),
  );
  return found.flat();
}
