/**
 * Addresses and names of services, for pods and for the host: nftables rules that lead from a service's address
 * to a ready pod, and a name server for `name.namespace.svc.DOMAIN`. Both are made of parts that go on working
 * when Nagi is stopped or killed. Where a part cannot work (no root, program not installed), the rest does, and
 * `problems` says what is missing and how to get it.
 */

import { geteuid } from "node:process";
import type { Client } from "../../client/client.ts";
import { Informer } from "../../client/informer.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { messageOf } from "../../lib/errors.ts";
import { service as serviceKind, type Service } from "../../model/kinds/core/service/service.ts";
import {
  endpointSlice,
  type EndpointSlice,
} from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { keyOf, refOf } from "../../model/meta.ts";
import { DirtyKeys } from "./dirty-keys.ts";
import { hostsFile } from "./dns-records.ts";
import { Dnsmasq, stopDnsmasq } from "./dnsmasq.ts";
import { isTakenEverywhere } from "./port-taken.ts";
import { runNft, withoutTable } from "../../lib/nftables.ts";
import { findProgram, runProgram } from "../../lib/system-programs.ts";
import { routesOf, type ServicePortRoute } from "./service-ports.ts";
import { ServiceProxy } from "./service-proxy.ts";

/** Names change rarely; a burst of changes is one rewrite of the file. */
const namesPauseMs = 50;
const namesCheckMs = 60_000;
const restartBackoff = { baseMs: 500, capMs: 30_000 };
const sliceIndex = "service";
const dnsPort = 53;

export interface NetworkOptions {
  readonly client: Client;
  /** Names the table, so that several Nagis share a machine. */
  readonly instance: string;
  readonly dataDir: string;
  readonly serviceCidr: string;
  /** For instance `cluster.local`. */
  readonly clusterDomain: string;
  /** The pods' bridge: the host's address on it, and the range of the pods. */
  readonly bridge: { readonly gateway: string; readonly subnet: string };
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Network {
  /** Follows services and slices until the signal aborts; rules and name server stay. */
  run(signal: AbortSignal): Promise<void>;
  /** Name server for pods; undefined where there is none. */
  readonly dnsAddress: string | undefined;
  /** What does not work here, with the remedy. */
  readonly problems: readonly string[];
}

export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const { nft, dnsmasq, problems } = await findParts();
  const log = options.log.child({ component: "network" });
  for (const problem of problems) log.warn(problem);
  return {
    dnsAddress: dnsmasq === undefined ? undefined : options.bridge.gateway,
    problems,
    run: (signal) => new ServiceNetwork({ ...options, log, nft, dnsmasq }).run(signal),
  };
}

/** Removes the rules and ends the name server: for `nagi down`. */
export async function cleanupNetwork(options: {
  readonly instance: string;
  readonly dataDir: string;
  readonly clock: Clock;
}): Promise<void> {
  await stopDnsmasq(options);
  if ((await findProgram("nft")) === undefined || geteuid?.() !== 0) return;
  await runNft(withoutTable("ip", tableName(options.instance)));
}

function tableName(instance: string): string {
  return `nagi-${instance}`;
}

interface Parts {
  readonly nft: string | undefined;
  readonly dnsmasq: string | undefined;
  readonly problems: readonly string[];
}

async function findParts(): Promise<Parts> {
  if (geteuid?.() !== 0) {
    const problem =
      "service addresses and cluster DNS are off: they need root (pods reach each other by pod address only); run Nagi as root to have them";
    return { nft: undefined, dnsmasq: undefined, problems: [problem] };
  }
  const [nft, dnsmasq] = await Promise.all([findNft(), findDnsmasq()]);
  return {
    nft: nft.program,
    dnsmasq: dnsmasq.program,
    problems: [nft.problem, dnsmasq.problem].filter((problem) => problem !== undefined),
  };
}

interface Part {
  readonly program?: string | undefined;
  readonly problem?: string | undefined;
}

async function findNft(): Promise<Part> {
  const program = await findProgram("nft");
  if (program === undefined) {
    return { problem: "service addresses are off: nft is not installed; apt-get install nftables" };
  }
  const refusal = await runProgram(program, ["list", "tables"]).then(() => undefined, messageOf);
  if (refusal === undefined) return { program };
  return { problem: `service addresses are off: nftables does not work here: ${refusal}` };
}

async function findDnsmasq(): Promise<Part> {
  const program = await findProgram("dnsmasq");
  if (program === undefined) {
    return { problem: "cluster DNS is off: dnsmasq is not installed; apt-get install dnsmasq-base" };
  }
  if (!(await isTakenEverywhere(dnsPort))) return { program };
  const remedy =
    "make the name server of this machine listen on its own addresses only, then start Nagi again";
  return { problem: `cluster DNS is off: another program has port ${dnsPort} of all addresses; ${remedy}` };
}

interface ServiceNetworkOptions extends NetworkOptions {
  readonly nft: string | undefined;
  readonly dnsmasq: string | undefined;
}

class ServiceNetwork {
  readonly #options: ServiceNetworkOptions;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #names = new DirtyKeys();

  constructor(options: ServiceNetworkOptions) {
    const { client, clock, log } = options;
    this.#options = options;
    this.#services = new Informer({ client, kind: serviceKind, clock, log });
    this.#slices = new Informer({
      client,
      kind: endpointSlice,
      clock,
      log,
      indexers: { [sliceIndex]: serviceKeysOf },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const following = [this.#services.run(signal), this.#slices.run(signal)];
    await Promise.all([this.#services.waitForSync(signal), this.#slices.waitForSync(signal)]);
    await Promise.all([...following, this.#runProxy(signal), this.#runDns(signal)]);
  }

  async #runProxy(signal: AbortSignal): Promise<void> {
    const { nft, instance, bridge, serviceCidr, clock, log } = this.#options;
    if (nft === undefined) return;
    const proxy = new ServiceProxy({
      program: nft,
      table: tableName(instance),
      gateway: bridge.gateway,
      podCidr: bridge.subnet,
      serviceCidr,
      routesOf: (key) => this.#routesOf(key),
      serviceKeys: () => this.#services.list().map((service) => keyOf(refOf(service))),
      clock,
      log,
    });
    this.#services.onChange(({ object }) => proxy.changed(keyOf(refOf(object))));
    this.#slices.onChange(({ object, previous }) => {
      for (const slice of previous === undefined ? [object] : [previous, object]) {
        for (const key of serviceKeysOf(slice)) proxy.changed(key);
      }
    });
    await proxy.run(signal);
  }

  #routesOf(key: string): ServicePortRoute[] {
    const service = this.#services.get(key);
    return service === undefined ? [] : routesOf(service, this.#slices.byIndex(sliceIndex, key));
  }

  async #runDns(signal: AbortSignal): Promise<void> {
    const { dnsmasq: program, bridge, clock, log } = this.#options;
    if (program === undefined) return;
    this.#services.onChange(({ object }) => this.#names.add(keyOf(refOf(object))));
    this.#slices.onChange(({ object }) => this.#names.add(keyOf(refOf(object))));
    const server = new Dnsmasq({ ...this.#options, program, address: bridge.gateway });
    for (let failures = 0; !signal.aborted;) {
      const attempt = new AbortController();
      try {
        this.#names.take();
        await server.start(this.#hosts());
        failures = 0;
        const both = AbortSignal.any([signal, attempt.signal]);
        await Promise.all([server.run(both), this.#followNames(server, both)]);
      } catch (error) {
        failures += 1;
        log.warn("cannot serve names, trying again", { failures, error });
        await sleep(clock, backoffDelayMs(restartBackoff, failures), signal);
      } finally {
        attempt.abort();
      }
    }
  }

  async #followNames(server: Dnsmasq, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      await this.#names.wait(clock, namesCheckMs, signal);
      if (signal.aborted) return;
      this.#names.take();
      await server.update(this.#hosts());
      await sleep(clock, namesPauseMs, signal);
    }
  }

  #hosts(): string {
    const named = this.#services.list().map((service) => ({
      service,
      slices: this.#slices.byIndex(sliceIndex, keyOf(refOf(service))),
    }));
    return hostsFile(named, this.#options.clusterDomain);
  }
}

function serviceKeysOf({ metadata }: EndpointSlice): string[] {
  const name = metadata.labels?.["kubernetes.io/service-name"];
  return name === undefined ? [] : [`${metadata.namespace ?? ""}/${name}`];
}
