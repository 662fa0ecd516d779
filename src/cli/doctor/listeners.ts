/** Which ports the programs of a pod listen on, from the kernel's own tables. */

/** Prints the tables of the network namespace that it runs in. */
export const listenersCommand = ["cat", "/proc/net/tcp", "/proc/net/tcp6"] as const;

export interface Listener {
  readonly port: number;
  /** Only reached from inside the pod. */
  readonly isLoopback: boolean;
}

/** State of a socket that waits for connections, as `/proc/net/tcp` writes it. */
const listening = "0A";

/** Of the text of `/proc/net/tcp` and `/proc/net/tcp6`: addresses are in the machine's (little-endian) order. */
export function parseListeners(text: string): Listener[] {
  const found = new Map<number, Listener>();
  for (const line of text.split("\n")) {
    const [, local = "", , state] = line.trim().split(/\s+/);
    const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local);
    if (match === null || state !== listening) continue;
    const [, address = "", portText = ""] = match;
    const port = Number.parseInt(portText, 16);
    const isLoopback = loopback.test(address) && found.get(port)?.isLoopback !== false;
    found.set(port, { port, isLoopback });
  }
  return [...found.values()].toSorted((a, b) => a.port - b.port);
}

/** 127.x.y.z, ::1, and 127.x.y.z as an IPv6 address. */
const loopback = /^(?:.{6}7F|0{24}01000000|0{16}FFFF0000.{6}7F)$/;
