/** Where the programs of a container listen, as the kernel tells it: for whoever gets no connection. */

import { readFile } from "node:fs/promises";

interface Listener {
  readonly address: string;
  readonly port: number;
}

/** How the kernel writes the state of a socket that listens. */
const listenState = "0A";
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

/** Of one of the kernel's tables, `/proc/PID/net/tcp` or `tcp6`. */
export function listenersIn(table: string): Listener[] {
  return table.split("\n").flatMap((line) => {
    const [, , local = "", , state] = /^\s*(\d+):\s+(\S+)\s+(\S+)\s+(\S+)/.exec(line) ?? [];
    return state === listenState ? [listenerOf(local)] : [];
  });
}

export function listeningText(listeners: readonly Listener[], port: number): string {
  const own = listeners.filter((each) => each.port === port);
  if (listeners.length === 0) return `listens on no port, not on ${port} either`;
  const names = [...new Set((own.length > 0 ? own : listeners).map(nameOf))].slice(0, shownMax).join(", ");
  return own.length > 0
    ? `listens on ${names}, which nobody else reaches`
    : `listens on ${names}, not on port ${port}`;
}

function nameOf({ address, port }: Listener): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `0100007F:0BB8`: the bytes of each word are those of the machine, the last one first. */
function listenerOf(local: string): Listener {
  const [hex = "", portHex = ""] = local.split(":");
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).toReversed().map((byte) => Number.parseInt(byte, 16)),
  );
  return {
    address: bytes.length === 4 ? bytes.join(".") : ipv6Text(bytes),
    port: Number.parseInt(portHex, 16),
  };
}

function ipv6Text(bytes: readonly number[]): string {
  if (bytes.every((byte) => byte === 0)) return "::";
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return "::1";
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return groups.join(":");
}
