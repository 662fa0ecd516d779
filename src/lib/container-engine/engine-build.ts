/** What a build is asked for, and how the two engines want to be asked. */

import { hostname } from "node:os";
import { isAbsolute } from "node:path";
import type { QueryValue } from "./engine-transport.ts";
import type { Ulimit } from "./engine-types.ts";

export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  readonly serveraddress?: string | undefined;
}

export interface PullOptions {
  readonly auth?: RegistryAuth | undefined;
  /** Whether the registry may be without TLS. */
  readonly insecure?: boolean | undefined;
  /** For instance `linux/arm64`; absent: the engine's own. */
  readonly platform?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface BuildOptions {
  /** References to give to the image. */
  readonly tags: readonly string[];
  /** Path of the Containerfile inside the context. */
  readonly dockerfile: string;
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly noCache?: boolean | undefined;
  /** Whether every step becomes a layer that later builds can reuse, which costs some time at each; true when absent. Podman only. */
  readonly layers?: boolean | undefined;
  readonly pull?: boolean | undefined;
  readonly target?: string | undefined;
  /** Network of the steps, for Podman also a namespace's path; the engine's choice when absent, which for Podman is the host's. */
  readonly network?: string | undefined;
  readonly memoryBytes?: number | undefined;
  /** Of one build step, in CPUs: 0.5 is half a CPU. */
  readonly cpus?: number | undefined;
  /** Of one build step against what else runs, 1024 being what others have. */
  readonly cpuShares?: number | undefined;
  readonly ulimits?: readonly Ulimit[] | undefined;
  /** Control group of the steps, by which they can be found and ended. Podman only. */
  readonly cgroup?: string | undefined;
  /**
   * Paths inside the context by the id under which a step mounts them (`RUN --mount=type=secret`). They reach no
   * layer. Podman only: Docker takes secrets another way.
   */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** By registry host. */
  readonly registryAuth?: Readonly<Record<string, RegistryAuth>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** CPU time is given out in periods of this length. */
const cpuPeriodUs = 100_000;

/** The query of a build request. */
export function buildQuery(options: BuildOptions, podman: boolean): Record<string, QueryValue> {
  const { ulimits, cpus, memoryBytes } = options;
  return {
    t: options.tags,
    dockerfile: options.dockerfile,
    buildargs: options.buildArgs,
    labels: options.labels,
    nocache: options.noCache,
    pull: options.pull,
    target: options.target,
    networkmode: podman ? undefined : options.network,
    rm: true,
    forcerm: true,
    memory: memoryBytes,
    memswap: memoryBytes,
    cpushares: options.cpuShares,
    ...(cpus === undefined ? {} : { cpuperiod: cpuPeriodUs, cpuquota: Math.round(cpus * cpuPeriodUs) }),
    ulimits: ulimits === undefined ? undefined : ulimitsParameter(ulimits, podman),
    ...(podman ? podmanQuery(options) : {}),
  };
}

function podmanQuery({ secrets, cgroup, network, layers = true }: BuildOptions): Record<string, QueryValue> {
  return { layers, secrets: secretsParameter(secrets), cgroupparent: cgroup, ...networkQuery(network) };
}

/**
 * In a namespace that it did not make, Podman gives each step a random name and no address for it, and who asks for their own
 * name gets none: there they have the machine's.
 */
function networkQuery(network: string | undefined): Record<string, QueryValue> {
  if (network === undefined) return {};
  const namespaces: object[] = [{ Name: "network", Path: network }];
  if (!isAbsolute(network)) return { nsoptions: JSON.stringify(namespaces) };
  namespaces.push({ Name: "uts", Host: true });
  const own = hostname();
  // Podman writes the address of localhost only where no other is given.
  const hosts = own === "localhost" ? undefined : JSON.stringify([`${own}:127.0.1.1`]);
  return { nsoptions: JSON.stringify(namespaces), extrahosts: hosts };
}

function secretsParameter(secrets: BuildOptions["secrets"]): string | undefined {
  if (secrets === undefined) return undefined;
  return JSON.stringify(Object.entries(secrets).map(([id, path]) => `id=${id},src=${path}`));
}

function ulimitsParameter(ulimits: readonly Ulimit[], podman: boolean): string {
  if (!podman) return JSON.stringify(ulimits);
  return JSON.stringify(ulimits.map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`));
}
