/** Credentials of a registry, from the Secret that a build names: `docker login`'s file, new or old. */

import type { Client } from "../../client/client.ts";
import type { RegistryAuth } from "../../lib/container-engine-build.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { isNotFound } from "../../model/status.ts";
import { BuildFailure, type FailureReason } from "./failure.ts";

export interface WantedAuth {
  readonly namespace: string | undefined;
  /** Name of the Secret. */
  readonly secret: string | undefined;
  /** `host` or `host:port`. */
  readonly registry: string;
  /** Field that names the Secret, and why the build fails without it. */
  readonly path: string;
  readonly reason: FailureReason;
}

interface Entry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
}

/** Undefined where no Secret is named, or where it says nothing of the registry. */
export async function registryAuth(client: Client, wanted: WantedAuth): Promise<RegistryAuth | undefined> {
  const { namespace, secret: name, registry, path, reason } = wanted;
  if (name === undefined || name === "") return undefined;
  const { data = {} } = await client.get(secret, { namespace, name }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new BuildFailure(reason, `${path}: there is no Secret ${name}`);
  });
  const entry = entryFor(registry, entriesIn(data));
  if (entry === "unreadable") {
    const message = `${path}: Secret ${name} must be of type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg`;
    throw new BuildFailure(reason, message);
  }
  if (entry === undefined) return undefined;
  const decoded = Buffer.from(entry.auth ?? "", "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  return {
    username: entry.username ?? decoded.slice(0, Math.max(0, colon)),
    password: entry.password ?? decoded.slice(colon + 1),
    serveraddress: registry,
  };
}

function entriesIn(data: Readonly<Record<string, string>>): Readonly<Record<string, Entry>> | "unreadable" {
  const text = (key: string): string => Buffer.from(data[key] ?? "", "base64").toString("utf8");
  try {
    if (data[".dockerconfigjson"] !== undefined) {
      const { auths = {} } = JSON.parse(text(".dockerconfigjson")) as { auths?: Record<string, Entry> };
      return auths;
    }
    return JSON.parse(text(".dockercfg")) as Record<string, Entry>;
  } catch {
    // What is wrong with a secret's text is nothing to show.
    return "unreadable";
  }
}

function entryFor(
  registry: string,
  entries: Readonly<Record<string, Entry>> | "unreadable",
): Entry | "unreadable" | undefined {
  if (entries === "unreadable") return entries;
  const names = [registry, `https://${registry}`, `http://${registry}`];
  if (registry === "docker.io") names.push("https://index.docker.io/v1/");
  return names.map((name) => entries[name]).find((entry) => entry !== undefined);
}
