/** The programs that run beside Nagi and outlive it: found by the records that they leave in the data directory. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, readRecord } from "../lib/detached-process.ts";
import { paths } from "./config.ts";
import { runningPlatformHalf } from "./state.ts";

export interface PlatformProcess {
  readonly name: string;
  readonly pid: number;
}

interface Surviving extends PlatformProcess {
  readonly dir: string;
}

export async function survivingProcesses(dataDir: string): Promise<Surviving[]> {
  const { engine, router, registry, network, ssh } = paths(dataDir);
  const found: Surviving[] = [];
  for (const dir of [router, registry, ssh, network, engine]) {
    if (!existsSync(dir)) continue;
    for (const file of readdirSync(dir).filter((name) => name.endsWith(".pid"))) {
      const record = await readRecord(join(dir, file));
      if (record !== undefined && (await isAlive(record)))
        found.push({ name: file.slice(0, -4), pid: record.pid, dir });
    }
  }
  return found;
}

/** Nagi, the programs beside it, and their children (HAProxy's workers), each with its name. */
export async function platformProcesses(dataDir: string, nagiPid: number): Promise<PlatformProcess[]> {
  const half = runningPlatformHalf(dataDir);
  const roots = [{ name: "nagi", pid: nagiPid }, ...(await survivingProcesses(dataDir))];
  if (half !== undefined) roots.push({ name: "platform", pid: half.pid });
  return roots.flatMap(({ name, pid }) => [
    { name, pid },
    ...(name === "nagi"
      ? []
      : childrenOf(pid).map((child) => ({ name: childNames[name] ?? name, pid: child }))),
  ]);
}

const childNames: Readonly<Record<string, string>> = { haproxy: "haproxy worker", sshd: "sshd session" };

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    // It has ended meanwhile, or the kernel does not list children.
    return [];
  }
}
