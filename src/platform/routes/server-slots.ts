/**
 * Endpoints come and go; HAProxy's servers stay. A server is a slot that is given an address, put into
 * maintenance when its endpoint leaves, and given the next address later: HAProxy 2.6 can lose its life when a
 * server is deleted under a running stream, so none is ever deleted. New slots are added at runtime.
 *
 * What must stay true: an endpoint keeps its slot while it is there, so that nothing changes for it.
 */

import type { RouteEndpoint } from "./route-endpoints.ts";

export interface Slot {
  /** `s1`, `s2`, ... unique within the backend. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** In maintenance when false: finishes what it has, gets nothing new. */
  readonly up: boolean;
}

/** More endpoints of one route than this are not used. */
export const maxSlots = 500;

/** The slots for the wanted endpoints, from the present ones. */
export function assignSlots(present: readonly Slot[], wanted: readonly RouteEndpoint[]): readonly Slot[] {
  const open = new Map(wanted.slice(0, maxSlots).map((endpoint) => [addressOf(endpoint), endpoint]));
  const slots = present.map((slot): Slot => {
    const endpoint = open.get(addressOf(slot));
    if (endpoint === undefined) return { ...slot, up: false };
    open.delete(addressOf(slot));
    return { ...slot, weight: endpoint.weight, up: true };
  });
  // A slot that is left in this very step still has work in flight: it rests for a turn.
  const free = slots.flatMap((slot, index) => (slot.up || present[index]?.up === true ? [] : [index]));
  for (const { address, port, weight } of open.values()) {
    const index = free.shift() ?? slots.length;
    const name = slots[index]?.name ?? nextName(slots);
    slots[index] = { name, address, port, weight, up: true };
  }
  return slots;
}

export interface ServerTraits {
  /** Of servers that are added. */
  readonly serverOptions?: string | undefined;
  /** Clients know their server by a cookie. */
  readonly isSticky?: boolean | undefined;
}

/** The runtime commands that bring a worker's servers of one backend to the wanted slots. */
export function slotCommands(
  backend: string,
  actual: readonly Slot[],
  wanted: readonly Slot[],
  { serverOptions = "", isSticky = false }: ServerTraits = {},
): readonly string[] {
  const known = new Map(actual.map((slot) => [slot.name, slot]));
  const names = new Set(wanted.map(({ name }) => name));
  const gone = actual.filter(({ name, up }) => up && !names.has(name));
  // What comes in comes in first: there is no moment without a server.
  const changes = wanted.toSorted((a, b) => Number(b.up) - Number(a.up));
  return [
    ...changes.flatMap((slot) =>
      oneSlot(`${backend}/${slot.name}`, known.get(slot.name), slot, serverOptions),
    ),
    ...gone.map(({ name }) => `set server ${backend}/${name} state maint`),
    // HAProxy 2.6 gives a server that is added no cookie before it is told to give all of them theirs.
    ...(isSticky && wanted.some(({ name }) => !known.has(name))
      ? [`enable dynamic-cookie backend ${backend}`]
      : []),
  ];
}

/** What the worker has after those commands: a slot that was never up in it is not there. */
export function slotsAfter(actual: readonly Slot[], wanted: readonly Slot[]): readonly Slot[] {
  const [known, names] = [actual, wanted].map((slots) => new Set(slots.map(({ name }) => name)));
  const gone = actual.filter(({ name }) => names?.has(name) !== true);
  return [
    ...wanted.filter(({ name, up }) => up || known?.has(name) === true),
    ...gone.map((slot) => ({ ...slot, up: false })),
  ];
}

function oneSlot(server: string, actual: Slot | undefined, wanted: Slot, options: string): string[] {
  if (!wanted.up) return actual?.up === true ? [`set server ${server} state maint`] : [];
  if (actual === undefined) {
    const address = `${bracketed(wanted.address)}:${wanted.port}`;
    const added = `add server ${server} ${address} weight ${wanted.weight} ${options}`.trimEnd();
    return [added, `set server ${server} state ready`];
  }
  const commands: string[] = [];
  const moves = actual.address !== wanted.address || actual.port !== wanted.port;
  // Off while it moves: what waits for the old address is given to another server.
  if (moves && actual.up) commands.push(`set server ${server} state maint`);
  if (moves) commands.push(`set server ${server} addr ${wanted.address} port ${wanted.port}`);
  if (actual.weight !== wanted.weight) commands.push(`set server ${server} weight ${wanted.weight}`);
  if (moves || !actual.up) commands.push(`set server ${server} state ready`);
  return commands;
}

export function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function addressOf({ address, port }: { address: string; port: number }): string {
  return `${bracketed(address)}:${port}`;
}

function nextName(slots: readonly Slot[]): string {
  return `s${1 + slots.reduce((highest, { name }) => Math.max(highest, Number(name.slice(1))), 0)}`;
}
