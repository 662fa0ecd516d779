/** Who listens on a TCP port of this machine, read from /proc. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const listenState = "0A";

export interface PortHolder {
  readonly name: string;
  /** Undefined when it cannot be seen. */
  readonly pid: number | undefined;
}

/** For instance `nginx (pid 812)`; "another program" when it cannot be seen; undefined when nobody listens. */
export function portOwner(port: number): string | undefined {
  const holder = portHolder(port);
  return holder === undefined ? undefined : holderText(holder);
}

export function holderText({ name, pid }: PortHolder): string {
  return pid === undefined ? name : `${name} (pid ${pid})`;
}

/** Undefined when nobody listens. */
export function portHolder(port: number): PortHolder | undefined {
  const inodes = new Set([
    ...listeningInodes("/proc/net/tcp", port),
    ...listeningInodes("/proc/net/tcp6", port),
  ]);
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    if (holdsSocket(pid, inodes)) return { name: commandOf(pid), pid: Number(pid) };
  return { name: "another program", pid: undefined };
}

function listeningInodes(file: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return read(file)
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((cells) => cells[1]?.endsWith(suffix) === true && cells[3] === listenState)
    .map((cells) => cells[9] ?? "");
}

function holdsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      const target = linkOf(`/proc/${pid}/fd/${descriptor}`);
      return target.startsWith("socket:[") && inodes.has(target.slice(8, -1));
    });
  } catch {
    // The process is gone, or another user's: it cannot be named.
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed meanwhile.
    return "";
  }
}

function commandOf(pid: string): string {
  return read(`/proc/${pid}/comm`).trim() || "a program";
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // No such process any more, or no IPv6 on this machine.
    return "";
  }
}
