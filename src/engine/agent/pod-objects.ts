/** The ConfigMaps, Secrets and volumes that a pod reads. */

import type { Client } from "../../client/client.ts";
import { configMap, type ConfigMap } from "../../model/kinds/core/configmap/configmap.ts";
import type { PersistentVolume } from "../../model/kinds/core/persistentvolume/persistentvolume.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { isNotFound } from "../../model/status.ts";
import { claimedVolume } from "./claimed-volume.ts";

/** Entries by key, text or bytes. */
export type Entries = ReadonlyMap<string, Buffer>;

/** Undefined when the object does not exist. */
export interface PodObjects {
  configMap(name: string): Promise<Entries | undefined>;
  secret(name: string): Promise<Entries | undefined>;
  /** Fails as long as the claim has no volume. */
  claimed(claimName: string): Promise<PersistentVolume>;
}

/** Reads each object once, so that all that is made from it at a time is of one version. */
export function podObjects(client: Client, namespace: string): PodObjects {
  const known = new Map<string, Promise<Entries | undefined>>();
  const once = (key: string, read: () => Promise<Entries>): Promise<Entries | undefined> => {
    const present = known.get(key);
    if (present !== undefined) return present;
    const reading = read().catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    known.set(key, reading);
    return reading;
  };
  return {
    configMap: (name) =>
      once(`configmap/${name}`, async () =>
        configMapEntries(await client.get(configMap, { namespace, name })),
      ),
    secret: (name) =>
      once(`secret/${name}`, async () => secretEntries(await client.get(secret, { namespace, name }))),
    claimed: (claimName) => claimedVolume(client, namespace, claimName),
  };
}

export function configMapEntries({ data = {}, binaryData = {} }: ConfigMap): Entries {
  return new Map([
    ...Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const),
    ...Object.entries(binaryData).map(([key, text]) => [key, Buffer.from(text, "base64")] as const),
  ]);
}

export function secretEntries({ data = {} }: Secret): Entries {
  return new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64")] as const));
}
