/** Where the programs of a container listen, as the kernel tells it: for whoever gets no connection. */

import { readFile } from "node:fs/promises";
import { listenersIn, type ListeningSocket } from "../../lib/listening-sockets.ts";

const shownMax = 5;

/** A clause in words, for instance `listens on 127.0.0.1:3000, not on port 8080`; undefined when nobody can tell. */
export async function listensElsewhere(pid: number, port: number): Promise<string | undefined> {
  try {
    const tables = await Promise.all(
      ["tcp", "tcp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8")),
    );
    return listeningText(tables.flatMap(listenersIn), port);
  } catch {
    // The process has ended, or there is no /proc: the failed check is told without this.
    return undefined;
  }
}

export function listeningText(listeners: readonly ListeningSocket[], port: number): string {
  const own = listeners.filter((each) => each.port === port);
  if (listeners.length === 0) return `listens on no port, not on ${port} either`;
  const names = [...new Set((own.length > 0 ? own : listeners).map(nameOf))].slice(0, shownMax).join(", ");
  return own.length > 0
    ? `listens on ${names}, which nobody else reaches`
    : `listens on ${names}, not on port ${port}`;
}

function nameOf({ address, port }: ListeningSocket): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
