/** The PaaS half: speaks to the API through a client only, so that it runs in this process or in one of its own. */

import { availableParallelism, networkInterfaces, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "../client/client.ts";
import type { LogSource } from "../client/log-source.ts";
import { systemClock } from "../lib/clock.ts";
import type { ContainerEngine } from "../lib/container-engine/container-engine.ts";
import type { Ulimit } from "../lib/container-engine/engine-types.ts";
import type { HttpHandler } from "../lib/http-handler.ts";
import type { Logger } from "../lib/log.ts";
import { SourceStore } from "../lib/source-store.ts";
import { resourceName, newObject } from "../model/kind.ts";
import { app } from "../model/kinds/nagi/app/app.ts";
import { build } from "../model/kinds/build/build/build.ts";
import { configMap, type ConfigMap } from "../model/kinds/core/configmap/configmap.ts";
import { route } from "../model/kinds/route/route/route.ts";
import { isStatus } from "../model/status.ts";
import { openChannels } from "../client/channels.ts";
import { connectionOf } from "../client/connection.ts";
import { loadKubeconfig } from "../client/kubeconfig.ts";
import type { OpenChannels } from "../client/run-in-pod.ts";
import { BackupHandler } from "../platform/addons/backups/backup-handler.ts";
import { BackupPlaces } from "../platform/addons/backups/backup-places.ts";
import { runAddons } from "../platform/addons/run-addons.ts";
import { runApps, type MissingImage } from "../platform/apps/run-apps.ts";
import { runBuildConfigs } from "../platform/buildconfigs/build-configs.ts";
import { createBuilds, type Builds } from "../platform/builds/builds.ts";
import type { HostConfig } from "../platform/builds/host-config.ts";
import { BuildNetwork } from "../platform/builds/network/build-network.ts";
import { DetectHandler } from "../platform/builds/detect-handler.ts";
import { createGitServer, type GitServer } from "../platform/git/git-server.ts";
import { createSshServer, type SshServer } from "../platform/git/ssh/ssh-server.ts";
import { Housekeeper } from "../platform/housekeeping/housekeeper.ts";
import { PruneHandler } from "../platform/images/prune-handler.ts";
import { AppLogs } from "../platform/logs/app-logs.ts";
import { Metrics } from "../platform/metrics/metrics.ts";
import { MetricsHandler } from "../platform/metrics/metrics-handler.ts";
import { createPlatforms, type Platforms } from "../platform/platforms/platforms.ts";
import { createRegistry, type Registry, type RegistryOptions } from "../platform/registry/registry.ts";
import { Router, type RouterOptions } from "../platform/routes/router.ts";
import { runTemplates } from "../platform/templates/templates.ts";
import { paths, sshRunDir, type PlatformConfig } from "./config.ts";
import { createWebhooks } from "../platform/webhooks/webhooks.ts";
import { engineEnvironment } from "./environment.ts";
import { versionOf } from "./host.ts";
import { hostConfig, outsideOf } from "./outside.ts";
import { missingImageOf, openPruner, openResolve, openSkopeo, openStreams } from "./open-images.ts";
import { parsePortRange } from "./port-range.ts";
import { portHolder } from "../lib/port-holder.ts";
import { oneByOne } from "../lib/one-by-one.ts";
import { listenPlatformHttp } from "./platform-http.ts";
import type { Service } from "./supervise.ts";

export interface PlatformHalfOptions {
  readonly config: PlatformConfig;
  readonly log: Logger;
  readonly engine: ContainerEngine;
  readonly ulimits: () => readonly Ulimit[] | undefined;
  /** Of the engine; absent: somebody else's engine. */
  readonly cacheDirectory: string | undefined;
  readonly clientFor: (component: string) => Client;
  readonly onProgress: (text: string) => void;
  /** Further HTTP of the platform's port. */
  readonly handlers: readonly HttpHandler[];
}

export interface PlatformHalf {
  readonly services: readonly Service[];
  /** Logs that the API server may serve, by resource name. */
  readonly logSources: ReadonlyMap<string, LogSource>;
  readonly router: Router;
  /** Removes from the disks what nobody needs, before apps have to go. */
  readonly reclaimDisk: () => Promise<void>;
  close(): Promise<void>;
}

const recipesDir = fileURLToPath(new URL("../../platforms", import.meta.url));

/** The account of HAProxy's workers, which Debian's package makes. */
const routerUser = "haproxy";

/**
 * A build never takes the machine down: half of its memory at most, and all processors but half a one. Apps that want processors
 * at the same time get their part of these too, for builds are a control group beside theirs.
 */
const buildLimits = {
  memoryBytes: Math.floor(totalmem() / 2),
  cpus: Math.max(1, availableParallelism() - 0.5),
  deadlineSeconds: 1800,
};
const concurrentBuildsMax = 1;
/** How long the router counts before it tells, unless everything is measured more often. */
const routerWindowMaxMs = 10_000;

/** The registry is wanted before the rest: the agent pulls from it. */
export function openRegistry(
  config: PlatformConfig,
  client: Client,
  log: Logger,
  onPush?: RegistryOptions["onPush"],
): Promise<Registry> {
  return createRegistry({
    client,
    dataDir: paths(config.dataDir).registry,
    port: config.registryPort,
    platformUrl: `http://127.0.0.1:${config.platformPort}`,
    onPush,
    clock: systemClock,
    log,
  });
}

export async function startPlatformHalf(options: PlatformHalfOptions): Promise<PlatformHalf> {
  const { config, log, clientFor, onProgress } = options;
  const clock = systemClock;
  const place = paths(config.dataDir);
  const sources = new SourceStore({ directory: place.sources });
  const registry = await openRegistry(config, clientFor("registry"), log, (image) => streams.onPush(image));
  const copier = openSkopeo(config, registry);
  const streams = openStreams(options, registry, copier);
  const git = await createGitServer({
    client: clientFor("git"),
    dataDir: place.git,
    sources,
    path: process.env["PATH"] ?? "",
    platformUrl: httpUrlOf(config),
    fetchEnv: async () => (await outsideOf(config.dataDir)).env,
    clock,
    log,
  });
  const ssh = await openSshServer(options, git);
  const builds = openBuilds(options, { sources, registry, git });
  const appLogs: AppLogs = openAppLogs(options, () => router.hurry());
  const router = openRouter(options, (requests) => appLogs.addRouted(requests));
  const platforms = openPlatforms(options);
  const webhooks = createWebhooks({
    client: clientFor("webhooks"),
    outside: () => hostConfig(config.dataDir),
    clock,
    log,
  });
  const own = [git, ssh, builds, webhooks].map(({ handler }) => handler);
  const detect = new DetectHandler(clientFor("detect"));
  const cleaning = openCleaning(options, registry, builds);
  const resolve = openResolve(options, registry, copier);
  const places = openPlaces(options);
  const downloads = new BackupHandler(clientFor("addon-backups"), places);
  const metrics = openMetrics(options);
  const asked = [detect, cleaning.handler, resolve, downloads, metrics.handler];
  const handlers = [...own, ...registry.handlers, ...asked, ...options.handlers];
  const http = await listenPlatformHttp({ port: config.platformPort, handlers, log });
  onProgress("Starting the registry");
  await registry.start();
  await publishPlatformInfo(clientFor("platform"), config, ssh, await router.localCa());
  return {
    router,
    reclaimDisk: cleaning.reclaimDisk,
    logSources: new Map([
      [resourceName(app), appLogs.logSource],
      [resourceName(build), builds.logSource],
      [resourceName(route), router.logSource],
    ]),
    services: [
      { name: "registry", run: (signal) => registry.run(signal) },
      { name: "router", run: (signal) => router.run(signal) },
      { name: "logs", run: (signal) => appLogs.run(signal) },
      metrics.service,
      { name: "ssh", run: (signal) => ssh.run(signal) },
      { name: "git", run: (signal) => git.run(signal) },
      { name: "builds", run: (signal) => builds.run(signal) },
      { name: "webhooks", run: (signal) => webhooks.run(signal) },
      buildConfigsService(options),
      { name: "images", run: (signal) => streams.run(signal) },
      ...cleaning.services,
      { name: "platforms", run: (signal) => platforms.run(signal) },
      appsService(options, registry),
      templatesService(options),
      addonsService(options, places),
    ],
    close: () => http.close(),
  };
}

interface Cleaning {
  readonly handler: HttpHandler;
  readonly services: readonly Service[];
  readonly reclaimDisk: () => Promise<void>;
}

/** What removes what nobody needs: images, and objects of the past. */
function openCleaning(options: PlatformHalfOptions, registry: Registry, builds: Builds): Cleaning {
  const { clientFor, log } = options;
  const pruner = openPruner(options, registry, () => builds.sweepImages());
  const housekeeper = new Housekeeper({ client: clientFor("housekeeping"), clock: systemClock, log });
  return {
    handler: new PruneHandler(clientFor("prune"), pruner),
    services: [
      { name: "housekeeping", run: (signal) => housekeeper.run(signal) },
      { name: "prune", run: (signal) => pruner.run(signal) },
    ],
    reclaimDisk: () => oneByOne([() => housekeeper.keepHouse("DiskFull"), () => pruner.reclaim()]),
  };
}

function openMetrics({ config, clientFor, log }: PlatformHalfOptions): {
  readonly handler: HttpHandler;
  readonly service: Service;
} {
  const client = clientFor("metrics");
  const { appMetrics: dir } = paths(config.dataDir);
  const metrics = new Metrics({ client, dir, version: versionOf(), clock: systemClock, log });
  return {
    handler: new MetricsHandler(client, metrics, ownUse),
    service: { name: "metrics", run: (signal) => metrics.run(signal) },
  };
}

function ownUse(): { readonly cpuSeconds: number; readonly memoryBytes: number } {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1_000_000, memoryBytes: process.memoryUsage.rss() };
}

interface BuildParts {
  readonly sources: SourceStore;
  readonly registry: Registry;
  readonly git: GitServer;
}

function openBuilds(
  { config, clientFor, engine, ulimits, cacheDirectory, log }: PlatformHalfOptions,
  { sources, registry, git }: BuildParts,
): Builds {
  const { instance, serviceCidr } = config;
  return createBuilds({
    client: clientFor("builds"),
    engine,
    sources,
    registry: { address: registry.address, auth: registry.credentials },
    host: () => hostConfig(config.dataDir),
    limits: buildLimits,
    network: new BuildNetwork({ engine, instance, serviceCidr, clock: systemClock, log }),
    env: engineEnvironment(),
    ulimits: ulimits(),
    cacheDirectory,
    restoreSource: (build) => git.restoreSource(build),
    dataDir: paths(config.dataDir).builds,
    fetchedDir: paths(config.dataDir).buildpacks,
    maxConcurrent: concurrentBuildsMax,
    clock: systemClock,
    log,
  });
}

function templatesService({ clientFor, log }: PlatformHalfOptions): Service {
  const directory = fileURLToPath(new URL("../../templates", import.meta.url));
  const options = { client: clientFor("templates"), directory, clock: systemClock, log };
  return { name: "templates", run: (signal) => runTemplates(options, signal) };
}

/** Sessions go over HTTPS also within one process: there is no other way into a container. */
function sessionsOf({ dataDir }: PlatformConfig): OpenChannels {
  return async (request) => {
    const config = await loadKubeconfig([paths(dataDir).platformKubeconfig]);
    return await openChannels(await connectionOf(config), request);
  };
}

function openPlaces({ config: { dataDir }, clientFor }: PlatformHalfOptions): BackupPlaces {
  return new BackupPlaces({
    client: clientFor("addons"),
    directory: paths(dataDir).addonBackups,
    outside: () => hostConfig(dataDir),
  });
}

function addonsService({ config, clientFor, log }: PlatformHalfOptions, places: BackupPlaces): Service {
  const client = clientFor("addons");
  const options = { client, open: sessionsOf(config), recipesDir, places, clock: systemClock, log };
  return { name: "addons", run: (signal) => runAddons(options, signal) };
}

function buildConfigsService({ clientFor, log }: PlatformHalfOptions): Service {
  const options = { client: clientFor("build-configs"), clock: systemClock, log };
  return { name: "build-configs", run: (signal) => runBuildConfigs(options, signal) };
}

function appsService({ config, clientFor, engine, log }: PlatformHalfOptions, registry: Registry): Service {
  const { domain, httpPort, httpsPort } = config;
  const missingImage: MissingImage = (image, id) => missingImageOf({ image, id }, engine, registry);
  const options = {
    client: clientFor("apps"),
    domain,
    ports: { httpPort, httpsPort },
    missingImage,
    clock: systemClock,
    log,
  };
  return { name: "apps", run: (signal) => runApps(options, signal) };
}

function openAppLogs({ config, clientFor, log }: PlatformHalfOptions, hurry: () => () => void): AppLogs {
  const { appLogs: dir } = paths(config.dataDir);
  const outside = (): Promise<HostConfig> => hostConfig(config.dataDir);
  return new AppLogs({ client: clientFor("logs"), dir, hurry, outside, clock: systemClock, log });
}

function openRouter(
  { config, clientFor, log }: PlatformHalfOptions,
  onRequests: RouterOptions["onRequests"],
): Router {
  return new Router({
    onRequests,
    client: clientFor("router"),
    dataDir: config.dataDir,
    httpAddresses: loopbackAddresses(),
    httpPort: config.httpPort,
    httpsPort: config.httpsPort,
    tcpPorts: parsePortRange(config.tcpPorts),
    portHolder,
    domain: config.domain,
    meterWindowMs: Math.min(routerWindowMaxMs, config.measureSeconds * 1000),
    platformBackend: { host: "127.0.0.1", port: config.platformPort },
    user: process.getuid?.() === 0 ? routerUser : undefined,
    outside: () => hostConfig(config.dataDir),
    clock: systemClock,
    log,
  });
}

/** Browsers and curl ask `::1` first for names under localhost, where the machine has it. */
function loopbackAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.some(({ address }) => address === "::1") ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
}

function openSshServer({ config, clientFor, log }: PlatformHalfOptions, git: GitServer): Promise<SshServer> {
  return createSshServer({
    client: clientFor("ssh"),
    dataDir: paths(config.dataDir).ssh,
    runDir: sshRunDir(config),
    addresses: loopbackAddresses(),
    port: config.sshPort,
    path: process.env["PATH"] ?? "",
    sessions: git.sessions,
    clock: systemClock,
    log,
  });
}

function openPlatforms({ config, clientFor, engine, log }: PlatformHalfOptions): Platforms {
  return createPlatforms({
    client: clientFor("platforms"),
    engine,
    instance: config.instance,
    recipesDir,
    workDir: join(config.dataDir, "work"),
    outside: () => outsideOf(config.dataDir),
    clock: systemClock,
    log,
  });
}

function httpUrlOf({ domain, httpPort }: PlatformConfig): string {
  return `http://${domain}:${httpPort}`;
}

/** What clients need to know beside the API; they read it from the ConfigMap. */
async function publishPlatformInfo(
  client: Client,
  config: PlatformConfig,
  ssh: SshServer,
  localCa: string,
): Promise<void> {
  const data = {
    httpUrl: httpUrlOf(config),
    httpsUrl: `https://${config.domain}:${config.httpsPort}`,
    localCa,
    domain: config.domain,
    registry: `127.0.0.1:${config.registryPort}`,
    tcpPorts: config.tcpPorts,
    version: versionOf(),
    sshUrl: `ssh://${ssh.account}@${config.domain}:${config.sshPort}`,
    sshHostKey: ssh.hostKey,
  };
  const metadata = { namespace: "nagi-system", name: "nagi-platform" };
  try {
    await client.create(configMap, newObject<ConfigMap>(configMap, metadata, { data }));
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
    await client.patch(configMap, metadata, { type: "merge", body: { data } });
  }
}
