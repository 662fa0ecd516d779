/** Whether some program listens on a port of every address of the machine, from the kernel's tables. */

import { readFile } from "node:fs/promises";

export async function isTakenEverywhere(port: number): Promise<boolean> {
  for (const table of ["/proc/net/udp", "/proc/net/tcp"]) {
    const text = await readFile(table, "utf8").catch(() => "");
    if (listensEverywhere(text, port)) return true;
  }
  return false;
}

/** States of a socket that waits for packets or connections: an unconnected UDP socket, a listening TCP one. */
const waiting: ReadonlySet<string> = new Set(["07", "0A"]);

/** `table` is the text of /proc/net/udp or /proc/net/tcp. */
export function listensEverywhere(table: string, port: number): boolean {
  const wanted = `00000000:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").some((line) => {
    const [, local, , state = ""] = line.trim().split(/\s+/);
    return local === wanted && waiting.has(state);
  });
}
