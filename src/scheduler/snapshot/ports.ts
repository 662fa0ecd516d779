/** Who holds which port of each node. */

import { portsConflict, type HostPort } from "./host-ports.ts";
import type { PodInfo } from "./pod-info.ts";

interface Held {
  readonly port: HostPort;
  readonly pod: PodInfo;
}

export class PortTable {
  /** Per row, by protocol and number: who holds it, on which address. */
  readonly #rows: (Map<number, Held[]> | undefined)[] = [];

  /** A pod of the node that holds the port. */
  holder(row: number, wanted: HostPort): PodInfo | undefined {
    const held = this.#rows[row]?.get(slotOf(wanted));
    return held?.find(({ port }) => portsConflict(port, wanted))?.pod;
  }

  add(row: number, pod: PodInfo): void {
    if (pod.hostPorts.length === 0) return;
    const ports = (this.#rows[row] ??= new Map<number, Held[]>());
    for (const port of pod.hostPorts) {
      const slot = slotOf(port);
      const held = ports.get(slot);
      if (held === undefined) ports.set(slot, [{ port, pod }]);
      else held.push({ port, pod });
    }
  }

  remove(row: number, pod: PodInfo): void {
    const ports = this.#rows[row];
    if (ports === undefined) return;
    for (const port of pod.hostPorts) {
      const slot = slotOf(port);
      const rest = ports.get(slot)?.filter((held) => held.pod !== pod) ?? [];
      if (rest.length === 0) ports.delete(slot);
      else ports.set(slot, rest);
    }
    if (ports.size === 0) this.#rows[row] = undefined;
  }

  clear(row: number): void {
    this.#rows[row] = undefined;
  }
}

const protocols = ["TCP", "UDP", "SCTP"];

function slotOf({ protocol, port }: HostPort): number {
  return port * 4 + protocols.indexOf(protocol) + 1;
}
