/** What bounds the steps of one build: memory, processors, files and processes, and the network that they see. */

import type { BuildOptions } from "../../lib/container-engine/engine-build.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { byteValue, milliValue } from "../../model/quantity.ts";
import { buildCgroup } from "./build-cgroup.ts";
import type { Isolation } from "./network/build-network.ts";
import type { BuildLimits, RunBuildOptions, Work } from "./work.ts";

export interface StepLimits extends Pick<BuildOptions, "ulimits" | "cgroup" | "network"> {
  readonly memoryBytes: number;
  readonly cpus: number;
}

/** `network`: kept from this machine's services; where that cannot be, the log says so. */
export async function stepLimits({
  build,
  options,
  log,
}: Pick<Work, "build" | "options" | "log">): Promise<StepLimits> {
  const isolation = await options.network?.prepare(await options.host(), build.metadata.uid ?? "");
  if (isolation !== undefined) tellIsolation({ log }, isolation);
  return { ...(await ownLimits(build, options)), network: isolation?.network };
}

/** Without a network of their own. */
export async function ownLimits(
  build: Build,
  { engine, limits, ulimits }: RunBuildOptions,
): Promise<StepLimits> {
  const cgroup = await buildCgroup(engine, build.metadata.uid ?? "");
  return { ...limitsOf(build, limits), ulimits, cgroup };
}

/** Where steps cannot be kept from this machine's services, the log says why. */
export function tellIsolation({ log }: Pick<Work, "log">, isolation: Isolation): void {
  if (isolation.network !== undefined) return;
  log.line(`       This build can reach services of this machine: ${isolation.problem}.`);
}

function limitsOf(
  build: Build,
  limits: BuildLimits,
): { readonly memoryBytes: number; readonly cpus: number } {
  const asked = build.spec.resources?.limits ?? {};
  return {
    memoryBytes: asked["memory"] === undefined ? limits.memoryBytes : byteValue(asked["memory"]),
    cpus: asked["cpu"] === undefined ? limits.cpus : milliValue(asked["cpu"]) / 1000,
  };
}
