/** IPv4 addresses and ranges as numbers, and the choice of free ones. */

export interface Range {
  readonly first: number;
  readonly last: number;
}

export function parseAddress(text: string): number {
  const parts = text.split(".").map(Number);
  const valid =
    parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256);
  if (!valid) throw new Error(`cannot read the IPv4 address ${JSON.stringify(text)}`);
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** From `10.1.0.0/16`. */
export function parseRange(cidr: string): Range {
  const [base = "", bits = "32"] = cidr.split("/");
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(parseAddress(base) / size) * size;
  return { first, last: first + size - 1 };
}

export function overlaps(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The ranges that the kernel has routes to, from the text of /proc/net/route. The default route is none. */
export function routedRanges(table: string): Range[] {
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.split("\t");
      const [destination, mask] = [fields[1], fields[7]].map((hex) => littleEndian(hex ?? ""));
      if (destination === undefined || mask === undefined || mask === 0) return [];
      return [{ first: destination, last: destination + (0xffffffff - mask) }];
    });
}

function littleEndian(hex: string): number | undefined {
  if (!/^[0-9A-Fa-f]{8}$/.test(hex)) return undefined;
  return (hex.match(/../g) ?? [])
    .toReversed()
    .reduce((sum, pair) => sum * 256 + Number.parseInt(pair, 16), 0);
}

/** The first /16 of 10.0.0.0/8, from 10.64 on, that overlaps none of the ranges. */
export function freeSubnet(taken: readonly Range[]): string | undefined {
  for (let second = 64; second < 256; second += 1) {
    const cidr = `10.${second}.0.0/16`;
    const range = parseRange(cidr);
    if (!taken.some((other) => overlaps(range, other))) return cidr;
  }
  return undefined;
}

/** Gives out addresses of one range, in a circle, so that one that was freed is not used again soon. */
export class AddressPool {
  readonly #range: Range;
  readonly #byOwner = new Map<string, number>();
  readonly #taken = new Set<number>();
  #next: number;

  /** The first two addresses of the range are the network's and the gateway's, the last is for broadcast. */
  constructor(cidr: string) {
    const { first, last } = parseRange(cidr);
    this.#range = { first: first + 2, last: last - 1 };
    this.#next = this.#range.first;
  }

  /** The owner's address; the same one until it is released. */
  allocate(owner: string): string {
    const present = this.#byOwner.get(owner);
    if (present !== undefined) return formatAddress(present);
    const { first, last } = this.#range;
    for (let tried = first; tried <= last; tried += 1) {
      const address = this.#next;
      this.#next = address === last ? first : address + 1;
      if (this.#taken.has(address)) continue;
      this.#hold(owner, address);
      return formatAddress(address);
    }
    throw new Error("cannot allocate an address: all are in use");
  }

  addressOf(owner: string): string | undefined {
    const address = this.#byOwner.get(owner);
    return address === undefined ? undefined : formatAddress(address);
  }

  /** For an owner that already uses an address; false when the address is another's or not of this range. */
  reserve(owner: string, text: string): boolean {
    const address = parseAddress(text);
    const { first, last } = this.#range;
    if (this.#byOwner.get(owner) === address) return true;
    if (address < first || address > last || this.#taken.has(address)) return false;
    this.release(owner);
    this.#hold(owner, address);
    if (address >= this.#next) this.#next = address === last ? first : address + 1;
    return true;
  }

  release(owner: string): void {
    const address = this.#byOwner.get(owner);
    if (address === undefined) return;
    this.#byOwner.delete(owner);
    this.#taken.delete(address);
  }

  #hold(owner: string, address: number): void {
    this.#byOwner.set(owner, address);
    this.#taken.add(address);
  }
}
