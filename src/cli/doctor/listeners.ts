/** Which ports the programs of a pod listen on, from the kernel's own tables. */

import { listenersIn } from "../../lib/listening-sockets.ts";

/** Prints the tables of the network namespace that it runs in. */
export const listenersCommand = ["cat", "/proc/net/tcp", "/proc/net/tcp6"] as const;

export interface Listener {
  readonly port: number;
  /** Only reached from inside the pod. */
  readonly isLoopback: boolean;
}

/** Of the text of `/proc/net/tcp` and `/proc/net/tcp6`. */
export function parseListeners(text: string): Listener[] {
  const found = new Map<number, Listener>();
  for (const { address, port } of listenersIn(text)) {
    const isLoopback = loopback.test(address) && found.get(port)?.isLoopback !== false;
    found.set(port, { port, isLoopback });
  }
  return [...found.values()].toSorted((a, b) => a.port - b.port);
}

const loopback = /^(?:127\.|::1$)/;
