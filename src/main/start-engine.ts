/** The half that a real Kubernetes replaces: store, API server, scheduler, controllers, agent, network. */

import { randomInt } from "node:crypto";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { singleKubeconfig } from "../client/single-kubeconfig.ts";
import { writeKubeconfig } from "../client/kubeconfig.ts";
import type { LogSource } from "../client/log-source.ts";
import { createApiServer, type ApiServer } from "../engine/apiserver/server.ts";
import { openPki } from "../engine/apiserver/pki.ts";
import { openStore } from "../engine/store/open-store.ts";
import { runWorkloads } from "../engine/workloads/run.ts";
import { systemClock } from "../lib/clock.ts";
import { EngineHost } from "../lib/container-engine-host.ts";
import type { Logger } from "../lib/log.ts";
import { seededRandom, type Random } from "../lib/random.ts";
import { allKinds } from "../model/registry.ts";
import { createScheduler } from "../scheduler/loop/scheduler.ts";
import { paths, type PlatformConfig } from "./config.ts";
import { engineEnvironment } from "./environment.ts";
import { versionOf } from "./host.ts";
import type { Service } from "./supervise.ts";

export interface EngineHalf {
  readonly api: ApiServer;
  readonly apiUrl: string;
  readonly host: EngineHost;
  readonly services: readonly Service[];
  /** The in-process client of a component. */
  clientFor(component: string): Client;
  close(): Promise<void>;
}

export interface StartEngineOptions {
  readonly config: PlatformConfig;
  readonly log: Logger;
  readonly onProgress: (text: string) => void;
  /** Logs that the platform half has; the map may be filled later. */
  readonly logSources: Map<string, LogSource>;
}

const masters = "system:masters";

export async function startEngine(options: StartEngineOptions): Promise<EngineHalf> {
  const { config, log, onProgress, logSources } = options;
  const clock = systemClock;
  const place = paths(config.dataDir);
  onProgress("Opening the store");
  const store = await openStore({ path: join(place.store, "nagi.db"), log });
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
      { username: "system:nagi:platform", groups: [masters] },
    ],
    serviceCidr: config.serviceCidr,
    caPem: pki.caPem,
    logSources,
  });
  const clientFor = (component: string): Client =>
    api.clientFor({ username: `system:nagi:${component}`, groups: [masters] });
  const listening = await api.listen({ host: "127.0.0.1", port: config.apiPort, tls: await pki.current() });
  const apiUrl = `https://127.0.0.1:${listening.port}`;
  await writeAdminKubeconfig({
    file: place.kubeconfig,
    apiUrl,
    caPem: pki.caPem,
    token: api.tokenOf("admin"),
  });

  onProgress("Connecting to the container engine");
  const host = new EngineHost({
    socketPath: config.engineSocket,
    dir: place.engine,
    env: engineEnvironment(),
    insecureRegistries: [`127.0.0.1:${config.registryPort}`],
    clock,
    log,
  });
  await host.start();
  const services: Service[] = [
    { name: "apiserver", run: (signal) => api.run(signal) },
    { name: "certificates", run: (signal) => pki.run(signal, (tls) => listening.renew(tls)) },
    { name: "engine", run: (signal) => host.run(signal) },
    {
      name: "workloads",
      run: (signal) => runWorkloads({ client: clientFor("controller-manager"), clock, log }, signal),
    },
    {
      name: "scheduler",
      run: (signal) =>
        createScheduler({ client: clientFor("scheduler"), clock, random: freshRandom(), log }).run(signal),
    },
  ];
  return {
    api,
    apiUrl,
    host,
    services,
    clientFor,
    async close() {
      await listening.close();
      await store[Symbol.asyncDispose]();
    },
  };
}

function freshRandom(): Random {
  return seededRandom(randomInt(2 ** 32));
}

interface AdminKubeconfig {
  readonly file: string;
  readonly apiUrl: string;
  readonly caPem: string;
  readonly token: string;
}

async function writeAdminKubeconfig({ file, apiUrl, caPem, token }: AdminKubeconfig): Promise<void> {
  const cluster = { server: apiUrl, "certificate-authority-data": Buffer.from(caPem).toString("base64") };
  await writeKubeconfig(file, singleKubeconfig({ name: "nagi", cluster, token, namespace: "default" }));
}

interface VirtualNode {
  readonly name: string;
  /** hostPort binds here. */
  readonly address: string;
  readonly capacity: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

const podsPerNode = 110;
const zones = 3;

/** The machine shared out among its virtual nodes. */
export function virtualNodes(count: number): VirtualNode[] {
  const milliCpu = Math.floor((availableParallelism() * 1000) / count);
  const memoryKi = Math.floor(totalmem() / 1024 / count);
  return Array.from({ length: count }, (_, index) => ({
    name: `node-${index + 1}`,
    address: `127.0.0.${index + 1}`,
    capacity: { cpu: `${milliCpu}m`, memory: `${memoryKi}Ki`, pods: `${podsPerNode}` },
    labels: count === 1 ? {} : { "topology.kubernetes.io/zone": `zone-${(index % zones) + 1}` },
  }));
}
