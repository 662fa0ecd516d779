/** Credentials of a registry, from the Secret that a build names: `docker login`'s file, new or old. */

import type { Client } from "../../client/client.ts";
import type { RegistryAuth } from "../../lib/container-engine/engine-build.ts";
import {
  pullEntries,
  registryEntriesIn,
  type RegistryEntries,
  type RegistryEntry,
} from "../../client/pull-secrets.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { isNotFound } from "../../model/status.ts";
import { BuildFailure, type FailureReason } from "./failure.ts";
import { decodeText } from "../../lib/base64.ts";

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

/** Undefined where neither the Secret, nor without one the project's pull secrets, say anything of the registry. */
export async function registryAuth(client: Client, wanted: WantedAuth): Promise<RegistryAuth | undefined> {
  const { namespace = "default", secret: name = "", registry } = wanted;
  const entries = name === "" ? await pullEntries(client, namespace) : await entriesOf(name, client, wanted);
  const entry = entryFor(registry, entries);
  if (entry === undefined) return undefined;
  const decoded = decodeText(entry.auth);
  const colon = decoded.indexOf(":");
  return {
    username: entry.username ?? decoded.slice(0, Math.max(0, colon)),
    password: entry.password ?? decoded.slice(colon + 1),
    serveraddress: registry,
  };
}

async function entriesOf(
  name: string,
  client: Client,
  { namespace, path, reason }: WantedAuth,
): Promise<RegistryEntries> {
  const { data = {} } = await client.get(secret, { namespace, name }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new BuildFailure(reason, `${path}: there is no Secret ${name}`);
  });
  const entries = registryEntriesIn(data);
  if (entries !== undefined) return entries;
  const message = `${path}: Secret ${name} must be of type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg`;
  throw new BuildFailure(reason, message);
}

function entryFor(registry: string, entries: RegistryEntries): RegistryEntry | undefined {
  const names = [registry, `https://${registry}`, `http://${registry}`];
  if (registry === "docker.io") names.push("https://index.docker.io/v1/");
  return names.map((name) => entries[name]).find((entry) => entry !== undefined);
}
