/**
 * The settings of a platform: flags over environment over what the data directory remembers over defaults. What was
 * chosen at one start is remembered, so that the next needs no flags.
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../lib/free-port.ts";
import { portOwner } from "../lib/port-holder.ts";

export interface PlatformConfig {
  readonly dataDir: string;
  /** Short name of this platform on the machine: containers, networks and tables carry it. */
  readonly instance: string;
  readonly httpPort: number;
  /** Where apps answer over TLS. */
  readonly httpsPort: number;
  readonly apiPort: number;
  readonly registryPort: number;
  /** Where git answers over SSH. */
  readonly sshPort: number;
  /** Ports of the machine that routes of TCP can have: `20000-20099`, or "none". */
  readonly tcpPorts: string;
  /** Where git, uploads and registry tokens answer on loopback; the router leads there. */
  readonly platformPort: number;
  readonly nodes: number;
  /** How often use is measured, and autoscalers look at it. */
  readonly measureSeconds: number;
  /** Apps answer at `<app>.<domain>`. */
  readonly domain: string;
  readonly serviceCidr: string;
  readonly clusterDomain: string;
  /** A Docker Engine API socket to use in place of Nagi's own podman service. */
  readonly engineSocket: string | undefined;
  /** File that says how pods are placed; "none" for what is built in. */
  readonly schedulerConfig: string | undefined;
  /** Modules with plugins of others for the scheduler. */
  readonly schedulerPlugins: readonly string[] | undefined;
  /** When pods give way because the machine runs short; absent: the agent's own. */
  readonly evictionHard: string | undefined;
  readonly evictionTransitionSeconds: number | undefined;
}

export const defaults = {
  httpPort: 8080,
  /** Taken when free, else another. */
  httpsPort: 8443,
  apiPort: 6443,
  /** Taken when free, else another. */
  registryPort: 5000,
  /** Taken when free, else another. */
  sshPort: 2222,
  tcpPorts: "20000-20099",
  nodes: 1,
  measureSeconds: 15,
  domain: "localhost",
  serviceCidr: "10.96.0.0/16",
  clusterDomain: "cluster.local",
} as const;

export const nodesMax = 32;

type SettingName =
  | "httpPort"
  | "httpsPort"
  | "apiPort"
  | "registryPort"
  | "sshPort"
  | "platformPort"
  | "tcpPorts"
  | "nodes"
  | "measureSeconds"
  | "domain"
  | "engineSocket"
  | "schedulerConfig"
  | "schedulerPlugins"
  | "evictionHard"
  | "evictionTransitionSeconds";
export type GivenSettings = { readonly [Name in SettingName]?: PlatformConfig[Name] | undefined };

/** Subfolders of the data directory; the only places that Nagi writes to. */
export function paths(dataDir: string) {
  return {
    settings: join(dataDir, "settings.json"),
    store: join(dataDir, "store", "nagi.db"),
    pki: join(dataDir, "pki"),
    tokens: join(dataDir, "tokens"),
    kubeconfig: join(dataDir, "kubeconfig"),
    /** For the platform half in a process of its own. */
    platformKubeconfig: join(dataDir, "tokens", "platform.kubeconfig"),
    logFile: join(dataDir, "log", "nagi.log"),
    platformLogFile: join(dataDir, "log", "platform.log"),
    logs: join(dataDir, "log"),
    /** What apps, and the platform about them, wrote. */
    appLogs: join(dataDir, "app-logs"),
    /** The last hours' numbers of apps. */
    appMetrics: join(dataDir, "app-metrics"),
    run: join(dataDir, "run"),
    state: join(dataDir, "run", "nagi.json"),
    startingState: join(dataDir, "run", "starting.json"),
    platformState: join(dataDir, "run", "platform.json"),
    engine: join(dataDir, "engine"),
    agent: join(dataDir, "agent"),
    /** Volumes that are made for claims. */
    volumes: join(dataDir, "volumes"),
    snapshots: join(dataDir, "snapshots"),
    addonBackups: join(dataDir, "addon-backups"),
    network: join(dataDir, "network"),
    git: join(dataDir, "git"),
    sources: join(dataDir, "sources"),
    builds: join(dataDir, "builds"),
    buildpacks: join(dataDir, "buildpacks"),
    /** The way to the outside for builds: proxies, certificates, mirrors. */
    buildSettings: join(dataDir, "build.env"),
    /** The files that programs which fetch are given, made of these settings. */
    outside: join(dataDir, "outside"),
    registry: join(dataDir, "registry"),
    router: join(dataDir, "router"),
    ssh: join(dataDir, "ssh"),
  } as const;
}

/** What the sessions of git over SSH read: outside of the data directory, which may be closed to their account. */
export function sshRunDir(config: PlatformConfig): string {
  return `/run/nagi-${config.instance}`;
}

export function instanceOf(dataDir: string): string {
  return createHash("sha256").update(realpathSync(dataDir)).digest("hex").slice(0, 8);
}

/** Makes the data directory where it is missing and settles what holds for this start. */
export async function settleConfig(dataDir: string, given: GivenSettings): Promise<PlatformConfig> {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const chosen = { ...readSettings(paths(dataDir).settings), ...withoutAbsent(given) };
  const registryPort =
    portOwner(defaults.registryPort) === undefined ? defaults.registryPort : await freePort();
  const sshPort = portOwner(defaults.sshPort) === undefined ? defaults.sshPort : await freePort();
  const httpsPort = portOwner(defaults.httpsPort) === undefined ? defaults.httpsPort : await freePort();
  const platformPort = chosen.platformPort ?? (await freePort());
  const settled = {
    ...defaults,
    httpsPort,
    registryPort,
    sshPort,
    platformPort,
    engineSocket: undefined,
    schedulerConfig: undefined,
    schedulerPlugins: undefined,
    evictionHard: undefined,
    evictionTransitionSeconds: undefined,
    ...chosen,
  };
  return { ...settled, dataDir, instance: instanceOf(dataDir) } as PlatformConfig;
}

export function rememberConfig(config: PlatformConfig): void {
  const { dataDir, instance: _instance, serviceCidr: _cidr, clusterDomain: _domain, ...settings } = config;
  const file = paths(dataDir).settings;
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** Where the registry answered at the last start; undefined before the first. */
export function lastRegistryPort(dataDir: string): number | undefined {
  return readSettings(paths(dataDir).settings).registryPort;
}

function readSettings(file: string): GivenSettings {
  if (!existsSync(file)) return {};
  try {
    return withoutAbsent(JSON.parse(readFileSync(file, "utf8")) as GivenSettings);
  } catch (cause) {
    throw new Error(`cannot read ${file}: mend or delete it`, { cause });
  }
}

function withoutAbsent<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
