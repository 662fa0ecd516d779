/** The config secrets of apps, read and changed entry by entry so that changes of others at the same time stay. */

import type { Client } from "../../client/client.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { isNotFound } from "../../model/status.ts";
import type { AppConfig, ConfigChange } from "./attachments.ts";
import { configName, decoded, encoded } from "./names.ts";

export async function findApp(
  client: Client,
  namespace: string | undefined,
  name: string,
): Promise<App | undefined> {
  try {
    const found = await client.get(appKind, { namespace, name });
    return found.metadata.deletionTimestamp === undefined ? found : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Undefined when there is no app, or its config is not made yet. */
export async function readAppConfig(
  client: Client,
  namespace: string | undefined,
  app: string,
): Promise<AppConfig | undefined> {
  if ((await findApp(client, namespace, app)) === undefined) return undefined;
  try {
    const { data, metadata } = await client.get(secret, { namespace, name: configName(app) });
    return { values: decoded(data), annotations: metadata.annotations ?? {} };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export async function changeAppConfig(
  client: Client,
  { namespace, name }: { readonly namespace: string | undefined; readonly name: string },
  { values, annotations }: ConfigChange,
): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, value === null ? null : encoded(value)]),
  );
  const body = { data, metadata: { annotations } };
  await client.patch(secret, { namespace, name: configName(name) }, { type: "merge", body });
}
