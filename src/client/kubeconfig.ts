/**
 * kubectl's configuration file: which servers there are, who one is there, and which of them is meant. Files are
 * merged as kubectl does: of two entries with one name the first file's counts.
 */

import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { parse, stringify } from "yaml";
import { messageOf } from "../lib/errors.ts";
import { writeFileAtomically } from "./write-file.ts";

const fileMaxBytes = 4 * 1024 * 1024;

export interface KubeCluster {
  readonly server: string;
  readonly "certificate-authority"?: string | undefined;
  readonly "certificate-authority-data"?: string | undefined;
  readonly "insecure-skip-tls-verify"?: boolean | undefined;
  readonly "tls-server-name"?: string | undefined;
  readonly "proxy-url"?: string | undefined;
}

export interface KubeUser {
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly "client-certificate"?: string | undefined;
  readonly "client-certificate-data"?: string | undefined;
  readonly "client-key"?: string | undefined;
  readonly "client-key-data"?: string | undefined;
  readonly exec?: unknown;
  readonly "auth-provider"?: unknown;
}

export interface KubeContext {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string | undefined;
}

export interface Kubeconfig {
  readonly clusters: ReadonlyMap<string, KubeCluster>;
  readonly users: ReadonlyMap<string, KubeUser>;
  readonly contexts: ReadonlyMap<string, KubeContext>;
  readonly currentContext?: string | undefined;
}

export const emptyKubeconfig: Kubeconfig = { clusters: new Map(), users: new Map(), contexts: new Map() };

/** Reads and merges the files that exist; throws when one cannot be read or understood. */
export async function loadKubeconfig(paths: readonly string[]): Promise<Kubeconfig> {
  const configs: Kubeconfig[] = [];
  for (const path of paths) {
    const text = await readIfThere(path);
    if (text !== undefined) configs.push(withAbsolutePaths(parseKubeconfig(text, path), dirname(path)));
  }
  return mergeKubeconfigs(configs);
}

export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const lastFirst = configs.toReversed();
  return {
    clusters: new Map(lastFirst.flatMap((config) => [...config.clusters])),
    users: new Map(lastFirst.flatMap((config) => [...config.users])),
    contexts: new Map(lastFirst.flatMap((config) => [...config.contexts])),
    currentContext: configs.find((config) => config.currentContext !== undefined)?.currentContext,
  };
}

export function parseKubeconfig(text: string, path: string): Kubeconfig {
  const fail = (problem: string): Error => new Error(`cannot read the kubeconfig ${path}: ${problem}`);
  if (text.length > fileMaxBytes) throw fail(`it is larger than ${fileMaxBytes} bytes`);
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new Error(`cannot read the kubeconfig ${path}: ${messageOf(error)}`, { cause: error });
  }
  if (document === null || document === undefined) return emptyKubeconfig;
  if (typeof document !== "object" || Array.isArray(document)) throw fail("it must be a mapping");
  const root = document as Record<string, unknown>;
  const current = root["current-context"];
  return {
    clusters: namedEntries<KubeCluster>(
      root,
      { list: "clusters", entry: "cluster", needs: ["server"] },
      fail,
    ),
    users: namedEntries<KubeUser>(root, { list: "users", entry: "user", needs: [] }, fail),
    contexts: namedEntries<KubeContext>(
      root,
      { list: "contexts", entry: "context", needs: ["cluster", "user"] },
      fail,
    ),
    ...(typeof current === "string" && current !== "" ? { currentContext: current } : {}),
  };
}

interface Section {
  readonly list: string;
  readonly entry: string;
  /** Fields that must be non-empty text. */
  readonly needs: readonly string[];
}

function namedEntries<T>(
  root: Record<string, unknown>,
  { list, entry, needs }: Section,
  fail: (problem: string) => Error,
): Map<string, T> {
  const items = root[list] ?? [];
  if (!Array.isArray(items)) throw fail(`${list} must be a list`);
  const named = new Map<string, T>();
  for (const [index, item] of (items as unknown[]).entries()) {
    const { name, [entry]: value = {} } = (item ?? {}) as Record<string, unknown>;
    if (typeof name !== "string" || name === "") throw fail(`${list}[${index}].name must be given`);
    if (typeof value !== "object" || value === null)
      throw fail(`${list}[${index}].${entry} must be a mapping`);
    for (const field of needs) {
      const given = (value as Record<string, unknown>)[field];
      if (typeof given === "string" && given !== "") continue;
      throw fail(`${list}[${index}].${entry}.${field} must be given`);
    }
    if (!named.has(name)) named.set(name, value as T);
  }
  return named;
}

/** The text of a kubeconfig file. */
export function formatKubeconfig(config: Kubeconfig): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    preferences: {},
    clusters: [...config.clusters].map(([name, cluster]) => ({ name, cluster })),
    users: [...config.users].map(([name, user]) => ({ name, user })),
    contexts: [...config.contexts].map(([name, context]) => ({ name, context })),
    "current-context": config.currentContext ?? "",
  });
}

/** Replaces the file as a whole; only its owner can read it. */
export async function writeKubeconfig(path: string, config: Kubeconfig): Promise<void> {
  await writeFileAtomically(path, formatKubeconfig(config));
}

/** Adds the entries of `added` to the file, replacing those of the same names, and makes its context current. */
export async function addToKubeconfig(path: string, added: Kubeconfig): Promise<void> {
  const present = await readIfThere(path);
  const base = present === undefined ? emptyKubeconfig : parseKubeconfig(present, path);
  await writeKubeconfig(path, mergeKubeconfigs([added, base]));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`cannot read the kubeconfig ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Files that a kubeconfig names are looked for beside it. */
function withAbsolutePaths(config: Kubeconfig, folder: string): Kubeconfig {
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined || path === "" || isAbsolute(path) ? path : join(folder, path);
  const cluster = (each: KubeCluster): KubeCluster => ({
    ...each,
    "certificate-authority": absolute(each["certificate-authority"]),
  });
  const user = (each: KubeUser): KubeUser => ({
    ...each,
    tokenFile: absolute(each.tokenFile),
    "client-certificate": absolute(each["client-certificate"]),
    "client-key": absolute(each["client-key"]),
  });
  return {
    ...config,
    clusters: new Map([...config.clusters].map(([name, each]) => [name, cluster(each)])),
    users: new Map([...config.users].map(([name, each]) => [name, user(each)])),
  };
}
