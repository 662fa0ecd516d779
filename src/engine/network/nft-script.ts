/**
 * The service proxy's nftables table as text for `nft -f -`. Every script is one transaction: it applies as a
 * whole or not at all, and connections that are open go on, since the kernel remembers where they lead.
 *
 * One chain a service port; a map leads from address and port to the chain, so a packet's way is as short with
 * a thousand services as with one. Whatever is still addressed to a service after that has nobody behind it
 * and is refused at once instead of timing out.
 */

import { withoutTable } from "../../lib/nftables.ts";
import type { Backend, ServicePortRoute } from "./service-ports.ts";

export interface TableOptions {
  readonly table: string;
  /** Address of the host on the bridge; DNS answers there. */
  readonly gateway: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
}

/** What one service port puts into the table. */
interface Unit {
  /** Key of the map of services; undefined without backends. */
  readonly element: string | undefined;
  /** Rules by name of the chain; the map leads to the chain `svc/NAME`. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  readonly sets: ReadonlyMap<string, string>;
}

/** Takes the table away and builds it anew, in one transaction. */
export function fullScript(options: TableOptions, routes: readonly ServicePortRoute[]): string {
  const { table } = options;
  return withoutTable("ip", table) + baseTable(options) + changeScript(table, new Map(), byName(routes));
}

export function byName(routes: readonly ServicePortRoute[]): Map<string, ServicePortRoute> {
  return new Map(routes.map((route) => [route.name, route]));
}

/** Before the container engine's tables, so that its rules see where the packet really goes. */
const dnatPriority = -110;
const snatPriority = 90;

/**
 * Pods are known by their addresses, since the bridge has no interface while there is no pod. That a packet
 * comes in where its sender's address lives keeps other machines from passing for a pod. While the bridge is away,
 * what is sent to a pod would leave by the default route and might be answered by a stranger: it is refused.
 */
function baseTable({ table, gateway, podCidr, serviceCidr }: TableOptions): string {
  const fromPod = `ip saddr ${podCidr} fib saddr . iif oif exists`;
  const strayed = `ip daddr ${podCidr} rt nexthop != ${podCidr} goto unserved`;
  const lookup = `ip daddr . meta l4proto . th dport vmap @services`;
  return `table ip ${table} {
  map services {
    type ipv4_addr . inet_proto . inet_service : verdict
  }
  chain prerouting {
    type nat hook prerouting priority ${dnatPriority}; policy accept;
    ip daddr ${serviceCidr} ${fromPod} ${lookup}
  }
  chain output {
    type nat hook output priority ${dnatPriority}; policy accept;
    ip daddr ${serviceCidr} ${lookup}
  }
  chain postrouting {
    type nat hook postrouting priority ${snatPriority}; policy accept;
    ip saddr ${podCidr} ip daddr ${podCidr} ct original ip daddr ${serviceCidr} masquerade
  }
  chain unserved {
    meta l4proto tcp reject with tcp reset
    reject with icmp port-unreachable
  }
  chain forward {
    type filter hook forward priority -10; policy accept;
    ip saddr ${podCidr} ip daddr ${serviceCidr} goto unserved
    ${strayed}
  }
  chain local-output {
    type filter hook output priority -10; policy accept;
    ip daddr ${serviceCidr} goto unserved
    ${strayed}
  }
  chain local-input {
    type filter hook input priority -10; policy accept;
    ct state established,related accept
    ip daddr ${gateway} iif lo accept
    ip daddr ${gateway} ${fromPod} accept
    ip daddr ${gateway} drop
  }
}
`;
}

/**
 * The steps of a script, carried out in this order over all units: leave the map, make sets and chains, fill
 * chains, enter the map, then remove what nothing points to any more. So an address may pass from one service
 * to another within one script.
 */
interface Steps {
  readonly leave: string[];
  readonly make: string[];
  readonly fill: string[];
  readonly enter: string[];
  readonly dropChains: string[];
  readonly dropSets: string[];
}

/** Leads from what is in the table to what shall be; "" when that is the same. Both by name of the route. */
export function changeScript(
  table: string,
  before: ReadonlyMap<string, ServicePortRoute>,
  after: ReadonlyMap<string, ServicePortRoute>,
): string {
  const steps: Steps = { leave: [], make: [], fill: [], enter: [], dropChains: [], dropSets: [] };
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const old = unitOf(before.get(name));
    const next = unitOf(after.get(name));
    changeElement(table, { old, next, target: `svc/${name}` }, steps);
    changeSets(table, { old, next }, steps);
    changeChains(table, { old, next }, steps);
  }
  const { leave, make, fill, enter, dropChains, dropSets } = steps;
  const lines = [...leave, ...make, ...fill, ...enter, ...dropChains, ...dropSets];
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

interface UnitChange {
  readonly old: Unit;
  readonly next: Unit;
}

function changeElement(
  table: string,
  { old, next, target }: UnitChange & { readonly target: string },
  { leave, enter }: Steps,
): void {
  if (old.element === next.element) return;
  if (old.element !== undefined) leave.push(`delete element ip ${table} services { ${old.element} }`);
  if (next.element === undefined) return;
  enter.push(`add element ip ${table} services { ${next.element} : goto ${target} }`);
}

function changeSets(table: string, { old, next }: UnitChange, { make, dropSets }: Steps): void {
  for (const [name, text] of next.sets) {
    if (!old.sets.has(name)) make.push(`add set ip ${table} ${name} ${text}`);
  }
  for (const name of old.sets.keys()) {
    if (!next.sets.has(name)) dropSets.push(`delete set ip ${table} ${name}`);
  }
}

function changeChains(table: string, { old, next }: UnitChange, { make, fill, dropChains }: Steps): void {
  for (const [name, rules] of next.chains) {
    const present = old.chains.get(name);
    if (present?.join("\n") === rules.join("\n")) continue;
    if (present === undefined) make.push(`add chain ip ${table} ${name}`);
    else fill.push(`flush chain ip ${table} ${name}`);
    for (const rule of rules) fill.push(`add rule ip ${table} ${name} ${rule}`);
  }
  for (const name of old.chains.keys()) {
    if (next.chains.has(name)) continue;
    fill.push(`flush chain ip ${table} ${name}`);
    dropChains.push(`delete chain ip ${table} ${name}`);
  }
}

const nothing: Unit = { element: undefined, chains: new Map(), sets: new Map() };

function unitOf(route: ServicePortRoute | undefined): Unit {
  if (route === undefined || route.backends.length === 0) return nothing;
  const element = `${route.clusterIP} . ${route.protocol} . ${route.port}`;
  return route.affinitySeconds === undefined
    ? { ...balanced(route), element }
    : { ...sticky(route, route.affinitySeconds), element };
}

function balanced({ name, protocol, backends }: ServicePortRoute): Omit<Unit, "element"> {
  const choices = backends.map(({ address, port }, index) => `${index} : ${address} . ${port}`);
  const choice = `numgen random mod ${backends.length} map { ${choices.join(", ")} }`;
  const rule = `meta l4proto ${protocol} dnat ip to ${choice}`;
  return { chains: new Map([[`svc/${name}`, [rule]]]), sets: new Map() };
}

/** Remembered clients are room in the kernel's memory; beyond this many per backend new ones are not kept. */
const affinityMaxClients = 65_535;

/** Each backend remembers its clients in a set; who is in none is given a backend at random. */
function sticky(route: ServicePortRoute, seconds: number): Omit<Unit, "element"> {
  const { name, protocol, backends } = route;
  const place = (backend: Backend): string => `${name}/${backend.address}/${backend.port}`;
  const set = (backend: Backend): string => `aff/${seconds}/${place(backend)}`;
  const known = backends.map((backend) => `ip saddr @${set(backend)} goto ep/${place(backend)}`);
  const choices = backends.map((backend, index) => `${index} : goto ep/${place(backend)}`);
  const random = `numgen random mod ${backends.length} vmap { ${choices.join(", ")} }`;
  const chains = new Map<string, readonly string[]>([[`svc/${name}`, [...known, random]]]);
  for (const backend of backends) {
    chains.set(`ep/${place(backend)}`, [
      `update @${set(backend)} { ip saddr }`,
      `meta l4proto ${protocol} dnat ip to ${backend.address}:${backend.port}`,
    ]);
  }
  const text = `{ type ipv4_addr; flags dynamic,timeout; timeout ${seconds}s; size ${affinityMaxClients}; }`;
  return { chains, sets: new Map(backends.map((backend) => [set(backend), text])) };
}
