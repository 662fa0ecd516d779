/**
 * What this machine's engine can do, found by trying: with some kernels, containers and cgroup layouts an
 * engine's own defaults do not start a single container (limits that may not be raised, a runtime that does
 * not know the cgroup mode). The finding is kept in a file and holds until the engine or the machine changes.
 */

import { readFile, rename, writeFile } from "node:fs/promises";
import { release } from "node:os";
import type { ContainerEngine } from "./container-engine.ts";
import { ensurePauseImage } from "./pause-image.ts";
import { EngineError } from "./engine-transport.ts";
import type { Ulimit } from "./engine-types.ts";

export interface EngineQuirks {
  /** OCI runtime to name; absent: the engine's own choice works. */
  readonly runtime?: string | undefined;
  /** Limits that every container and build step has to be given; absent: the engine's own work. */
  readonly ulimits?: readonly Ulimit[] | undefined;
}

interface Finding {
  /** Of what it was found on. */
  readonly key: string;
  readonly quirks: EngineQuirks;
}

/** Modest limits that any process may set. */
const lowUlimits: readonly Ulimit[] = [ulimit("nofile", 1024), ulimit("nproc", 4096)];

/** Sets of limits worth trying, best first. */
export async function ulimitCandidates(): Promise<(readonly Ulimit[] | undefined)[]> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const pidMax = Number(await readFile("/proc/sys/kernel/pid_max", "utf8").catch(() => "4096"));
  const own = [
    ulimit("nofile", hardLimit(limits, "Max open files")),
    // Podman lowers its own limit of processes to the kernel's highest pid; its children cannot have more.
    ulimit("nproc", Math.min(hardLimit(limits, "Max processes"), pidMax)),
  ].filter(({ Hard }) => Number.isFinite(Hard));
  return own.length === 0 ? [undefined, lowUlimits] : [undefined, own, lowUlimits];
}

/** The limits that work with the engine as it runs, or why none does. */
export async function probeUlimits(
  engine: ContainerEngine,
  candidates: readonly (readonly Ulimit[] | undefined)[],
): Promise<{ readonly ulimits: readonly Ulimit[] | undefined } | { readonly error: string }> {
  const errors: string[] = [];
  for (const ulimits of candidates) {
    const error = await tryContainer(engine, ulimits);
    if (error === undefined) return { ulimits };
    errors.push(error);
  }
  return { error: [...new Set(errors)].join("; ") };
}

/** Starts a container that ends at once; says what went wrong, or undefined. */
export async function tryContainer(
  engine: ContainerEngine,
  ulimits: readonly Ulimit[] | undefined,
): Promise<string | undefined> {
  let id: string | undefined;
  try {
    id = await engine.createContainer(`nagi-probe-${crypto.randomUUID().slice(0, 8)}`, {
      Image: await ensurePauseImage(engine),
      Entrypoint: ["/true"],
      HostConfig: { NetworkMode: "none", ...(ulimits === undefined ? {} : { Ulimits: ulimits }) },
    });
    await engine.startContainer(id);
    const exitCode = await engine.waitContainer(id);
    return exitCode === 0 ? undefined : `the probe container ended with code ${exitCode}`;
  } catch (error) {
    if (error instanceof EngineError && error.status !== 0) return error.message;
    throw error;
  } finally {
    if (id !== undefined) await engine.removeContainer(id);
  }
}

/** What a finding depends on. */
export async function findingKey(engine: ContainerEngine): Promise<string> {
  const { program, version } = await engine.identity();
  const limits = JSON.stringify(await ulimitCandidates());
  return `${program} ${version} ${release()} ${limits}`;
}

export async function readFinding(file: string): Promise<Finding | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const finding = JSON.parse(text) as Partial<Finding>;
    return finding.key === undefined || finding.quirks === undefined
      ? undefined
      : { key: finding.key, quirks: finding.quirks };
  } catch {
    // Torn when the power failed: the engine is probed again.
    return undefined;
  }
}

export async function writeFinding(file: string, finding: Finding): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(finding), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function ulimit(name: string, limit: number): Ulimit {
  return { Name: name, Soft: limit, Hard: limit };
}

/** Infinity when the line is missing or unlimited. */
function hardLimit(limits: string, title: string): number {
  const line = limits.split("\n").find((candidate) => candidate.startsWith(title));
  const hard = Number(line?.slice(title.length).trim().split(/\s+/)[1]);
  return Number.isNaN(hard) ? Number.POSITIVE_INFINITY : hard;
}
