/** Names of pods by their `address:port`, those that are gone included: the access log tells of them later. */

import type { RouteTable } from "./route-table.ts";

/** Addresses that are remembered; the oldest go first. */
const knownMaxTargets = 10_000;

export class KnownTargets {
  readonly #names = new Map<string, string>();

  nameOf(server: string): string | undefined {
    return this.#names.get(server);
  }

  remember({ backends }: RouteTable): void {
    for (const { endpoints } of backends) {
      for (const { address, port, target } of endpoints) {
        if (target === undefined) continue;
        const key = `${address}:${port}`;
        this.#names.delete(key);
        this.#names.set(key, target);
      }
    }
    for (const oldest of this.#names.keys()) {
      if (this.#names.size <= knownMaxTargets) return;
      this.#names.delete(oldest);
    }
  }
}
