/** Addresses of services: who holds which. In memory, rebuilt from the services at start. */

import { randomInt } from "node:crypto";

/** At most so many addresses are handed out, however large the range is. */
const maxAddresses = 65_536;

export class ClusterIps {
  readonly cidr: string;
  readonly #first: number;
  readonly #size: number;
  readonly #reserved: number;
  /** Address to `namespace/name` of its service. */
  readonly #holders = new Map<number, string>();

  constructor(cidr: string) {
    const [, address = "", bits = ""] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr) ?? [];
    const base = parseIpv4(address);
    const length = Number(bits);
    if (base === undefined || bits === "" || length < 12 || length > 29) {
      throw new Error(
        `cannot use ${cidr} for services: it must be an IPv4 range from /12 to /29, such as 10.96.0.0/16`,
      );
    }
    this.cidr = cidr;
    const whole = 2 ** (32 - length);
    this.#first = base - (base % whole);
    this.#size = Math.min(whole, maxAddresses);
    // As in Kubernetes: the lower end is for addresses that people choose, so that they rarely collide.
    this.#reserved = Math.min(Math.max(16, Math.floor(this.#size / 16)), 256, Math.floor(this.#size / 2));
  }

  /** Undefined when all are taken. */
  claimAny(holder: string): string | undefined {
    const upper = this.#size - 1 - this.#reserved;
    const start = randomInt(upper);
    for (let step = 0; step < upper; step++) {
      const offset = this.#reserved + ((start + step) % upper);
      if (this.#claim(this.#first + offset, holder)) return formatIpv4(this.#first + offset);
    }
    for (let offset = 1; offset < this.#reserved; offset++) {
      if (this.#claim(this.#first + offset, holder)) return formatIpv4(this.#first + offset);
    }
    return undefined;
  }

  claim(address: string, holder: string): "claimed" | "taken" | "outside" {
    const value = parseIpv4(address);
    if (value === undefined || value <= this.#first || value >= this.#first + this.#size - 1)
      return "outside";
    return this.#claim(value, holder) ? "claimed" : "taken";
  }

  /** Only its holder gives an address back. */
  release(address: string, holder: string): void {
    const value = parseIpv4(address);
    if (value !== undefined && this.#holders.get(value) === holder) this.#holders.delete(value);
  }

  #claim(value: number, holder: string): boolean {
    if (this.#holders.has(value)) return false;
    this.#holders.set(value, holder);
    return true;
  }
}

function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
