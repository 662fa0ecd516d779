/** Credentials of registries that a project gives to all that pulls for it: the imagePullSecrets of its default account. */

import { secret } from "../model/kinds/core/secret/secret.ts";
import { serviceAccount } from "../model/kinds/core/serviceaccount/serviceaccount.ts";
import { isNotFound } from "../model/status.ts";
import type { Client } from "./client.ts";
import { decodeText } from "../lib/base64.ts";

/** As `docker login` keeps it. */
export interface RegistryEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
}

/** By registry. */
export type RegistryEntries = Readonly<Record<string, RegistryEntry>>;

/** Undefined for a Secret that has no credentials of registries, or none that can be read. */
export function registryEntriesIn(data: Readonly<Record<string, string>>): RegistryEntries | undefined {
  try {
    if (data[".dockerconfigjson"] !== undefined) {
      const { auths = {} } = JSON.parse(decodeText(data[".dockerconfigjson"])) as { auths?: RegistryEntries };
      return auths;
    }
    return JSON.parse(decodeText(data[".dockercfg"])) as RegistryEntries;
  } catch {
    // What is wrong with a secret's text is nothing to show.
    return undefined;
  }
}

/** As with pods, Secrets that are missing or cannot be read are passed over. */
export async function pullEntries(client: Client, namespace: string): Promise<RegistryEntries> {
  const account = await orUndefined(client.get(serviceAccount, { namespace, name: "default" }));
  const entries: Record<string, RegistryEntry> = {};
  for (const { name = "" } of account?.imagePullSecrets ?? []) {
    const found = await orUndefined(client.get(secret, { namespace, name }));
    // The first that names a registry is the one that counts.
    for (const [registry, entry] of Object.entries(registryEntriesIn(found?.data ?? {}) ?? {}))
      entries[registry] ??= entry;
  }
  return entries;
}

async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
