/** The half that a real Kubernetes replaces: store, API server, scheduler, controllers, agent, network. */

import { encodeText } from "../lib/base64.ts";
import type { Client } from "../client/client.ts";
import { singleKubeconfig } from "../client/single-kubeconfig.ts";
import { writeKubeconfig } from "../client/kubeconfig.ts";
import type { LogSource } from "../client/log-source.ts";
import type { PodSessions } from "../client/pod-sessions.ts";
import { createAgent } from "../engine/agent/agent.ts";
import type { RegistryAccess } from "../engine/agent/agent-context.ts";
import type { NodeDefinition } from "../engine/agent/node-status.ts";
import { createNetwork } from "../engine/network/network.ts";
import { createApiServer } from "../engine/apiserver/server.ts";
import { openPki } from "../engine/apiserver/pki.ts";
import { openStore } from "../engine/store/open-store.ts";
import { runWorkloads } from "../engine/workloads/run.ts";
import type { SnapshotPlace } from "../engine/workloads/shared/context.ts";
import { systemClock } from "../lib/clock.ts";
import { EngineHost } from "../lib/container-engine/engine-host.ts";
import type { Logger } from "../lib/log.ts";
import { protectThisProcess } from "../lib/oom-score.ts";
import { SourceStore } from "../lib/source-store.ts";
import { resourceName } from "../model/kind.ts";
import { pod } from "../model/kinds/core/pod/pod.ts";
import { allKinds } from "../model/registry.ts";
import { internalCredentials } from "../platform/registry/registry.ts";
import { moveRegistry } from "./backup/move-store.ts";
import { whileWritersStand } from "./backup/volume-writers.ts";
import { paths, type PlatformConfig } from "./config.ts";
import { outsideOf } from "./outside.ts";
import { versionOf } from "./host.ts";
import { openScheduler } from "./scheduler/open-scheduler.ts";
import { schedulerSettings } from "./scheduler/settings.ts";
import type { Service } from "./supervise.ts";

export interface EngineHalf {
  readonly apiUrl: string;
  readonly host: EngineHost;
  readonly services: readonly Service[];
  /** The in-process client of a component. */
  readonly clientFor: (component: string) => Client;
  close(): Promise<void>;
}

export interface StartEngineOptions {
  readonly config: PlatformConfig;
  readonly log: Logger;
  readonly onProgress: (text: string) => void;
  /** Logs that the platform half has; the map may be filled later. */
  readonly logSources: Map<string, LogSource>;
  /** Removes from the disks what nobody needs. */
  readonly reclaimDisk: () => Promise<void>;
}

const masters = "system:masters";
/** Of the platform half, when it runs as a process of its own. */
const platformUser = "system:nagi:platform";

export async function startEngine(options: StartEngineOptions): Promise<EngineHalf> {
  const { config, log, onProgress } = options;
  const clock = systemClock;
  onProgress("Opening the store");
  const control = await startControlPlane(options);
  onProgress("Connecting to the container engine");
  const host = new EngineHost({
    socketPath: config.engineSocket,
    dir: paths(config.dataDir).engine,
    // Images are fetched by the service itself: it keeps the settings that it began with.
    env: (await outsideOf(config.dataDir)).env,
    insecureRegistries: [`127.0.0.1:${config.registryPort}`],
    clock,
    log,
  });
  await host.start();
  const placing = await openScheduler({
    client: control.clientFor("scheduler"),
    settings: await schedulerSettings({ config: config.schedulerConfig, plugins: config.schedulerPlugins }),
    log,
  });
  const machine = await startMachine(options, control, host);
  const { clientFor } = control;
  const volumesDir = paths(config.dataDir).volumes;
  const snapshots: SnapshotPlace = {
    directory: paths(config.dataDir).snapshots,
    whileStill: (directory, work) => whileWritersStand(config, directory, work),
  };
  return {
    ...control,
    host,
    services: [
      ...control.services,
      { name: "engine", run: (signal) => host.run(signal) },
      {
        name: "workloads",
        run: (signal) =>
          runWorkloads(
            {
              client: clientFor("controller-manager"),
              volumesDir,
              snapshots,
              autoscalePeriodMs: config.measureSeconds * 1000,
              clock,
              log,
            },
            signal,
          ),
      },
      { name: "scheduler", run: (signal) => placing.scheduler.run(signal) },
      ...machine,
    ],
    async close() {
      placing.close();
      await control.close();
    },
  };
}

type ControlPlane = Omit<EngineHalf, "host"> & { readonly sessions: Map<string, PodSessions> };

/** Store and API server. */
async function startControlPlane({ config, log, logSources }: StartEngineOptions): Promise<ControlPlane> {
  const clock = systemClock;
  const place = paths(config.dataDir);
  const sessions = new Map<string, PodSessions>();
  moveRegistry(config);
  const store = await openStore({ path: place.store, log });
  const pki = await openPki({ directory: place.pki, clock });
  const api = await createApiServer({
    store,
    kinds: allKinds,
    clock,
    log,
    version: versionOf(),
    directory: place.tokens,
    users: [
      { username: "admin", groups: [masters] },
      { username: platformUser, groups: [masters] },
    ],
    serviceCidr: config.serviceCidr,
    caPem: pki.caPem,
    logSources,
    sessions,
    sources: new SourceStore({ directory: place.sources }),
  });
  const listening = await api.listen({ host: "127.0.0.1", port: config.apiPort, tls: await pki.current() });
  const apiUrl = `https://127.0.0.1:${listening.port}`;
  const access = { apiUrl, caPem: pki.caPem };
  await writeAccess({ ...access, file: place.kubeconfig, token: api.tokenOf("admin") });
  await writeAccess({ ...access, file: place.platformKubeconfig, token: api.tokenOf(platformUser) });
  return {
    apiUrl,
    sessions,
    clientFor: (component) => api.clientFor({ username: `system:nagi:${component}`, groups: [masters] }),
    services: [
      { name: "apiserver", run: (signal) => api.run(signal) },
      { name: "certificates", run: (signal) => pki.run(signal, (tls) => listening.renew(tls)) },
    ],
    async close() {
      await listening.close();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** The agent of the virtual nodes and the service network. */
async function startMachine(
  { config, log, logSources, reclaimDisk, onProgress }: StartEngineOptions,
  { clientFor, sessions }: ControlPlane,
  host: EngineHost,
): Promise<Service[]> {
  const clock = systemClock;
  const { instance, clusterDomain, serviceCidr } = config;
  let dnsAddress: string | undefined;
  const verifyEngine = (): void => {
    host.verify().catch((error: unknown) => log.error("cannot start containers any more", { error }));
  };
  const agent = await createAgent({
    client: clientFor("agent"),
    engine: host.engine,
    nodes: virtualNodes(config.nodes),
    measureMs: config.measureSeconds * 1000,
    dataDir: paths(config.dataDir).agent,
    instance,
    version: versionOf(),
    clusterDomain,
    clusterDns: () => dnsAddress,
    avoidRanges: [serviceCidr],
    ulimits: () => host.ulimits,
    registryAccess: registryAccess(config),
    eviction: { hard: config.evictionHard, transitionMs: transitionMsOf(config), reclaimDisk },
    mayProtect: protectPlatform(log),
    onStartTrouble: verifyEngine,
    clock,
    log,
  });
  logSources.set(resourceName(pod), agent.logSource);
  sessions.set(resourceName(pod), agent.sessions);
  const network = await createNetwork({
    client: clientFor("network"),
    instance,
    dataDir: config.dataDir,
    serviceCidr,
    clusterDomain,
    bridge: agent.networkInfo,
    clock,
    log,
  });
  ({ dnsAddress } = network);
  for (const problem of network.problems) onProgress(`Warning: ${problem}`);
  return [
    { name: "agent", run: (signal) => agent.run(signal) },
    { name: "network", run: (signal) => network.run(signal) },
  ];
}

function transitionMsOf({ evictionTransitionSeconds: seconds }: PlatformConfig): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** When the kernel runs out of memory, apps go first. */
function protectPlatform(log: Logger): boolean {
  const permitted = protectThisProcess();
  if (!permitted)
    log.info(
      "may not protect itself when the kernel runs out of memory; apps have higher scores all the same",
    );
  return permitted;
}

/** Nagi's own registry speaks plain HTTP on loopback and knows the password that lies in its directory. */
function registryAccess(config: PlatformConfig) {
  const own = `127.0.0.1:${config.registryPort}`;
  return async (registry: string): Promise<RegistryAccess> => {
    if (registry !== own) return { insecure: false };
    const auth = await internalCredentials(paths(config.dataDir).registry);
    return { insecure: true, auth };
  };
}

interface Access {
  readonly file: string;
  readonly apiUrl: string;
  readonly caPem: string;
  readonly token: string;
}

async function writeAccess({ file, apiUrl, caPem, token }: Access): Promise<void> {
  const cluster = { server: apiUrl, "certificate-authority-data": encodeText(caPem) };
  await writeKubeconfig(file, singleKubeconfig({ name: "nagi", cluster, token, namespace: "default" }));
}

const zones = 3;

/** Nodes on one machine, each with a loopback address of its own; several are spread over zones. */
export function virtualNodes(count: number): NodeDefinition[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `node-${index + 1}`,
    address: `127.0.0.${index + 1}`,
    labels: count === 1 ? {} : { "topology.kubernetes.io/zone": `zone-${(index % zones) + 1}` },
  }));
}
