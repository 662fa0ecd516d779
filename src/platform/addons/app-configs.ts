/** The config secrets of apps, read and changed entry by entry so that changes of others at the same time stay. */

import { decodeEntries, encodeText } from "../../lib/base64.ts";
import { configName } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import { findObject } from "../../client/find-object.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import type { AppConfig, ConfigChange } from "./attachments.ts";

export async function findApp(
  client: Client,
  namespace: string | undefined,
  name: string,
): Promise<App | undefined> {
  const found = await findObject(client, appKind, { namespace, name });
  return found?.metadata.deletionTimestamp === undefined ? found : undefined;
}

/** Undefined when there is no app, or its config is not made yet. */
export async function readAppConfig(
  client: Client,
  namespace: string | undefined,
  app: string,
): Promise<AppConfig | undefined> {
  if ((await findApp(client, namespace, app)) === undefined) return undefined;
  const found = await findObject(client, secret, { namespace, name: configName(app) });
  if (found === undefined) return undefined;
  return { values: decodeEntries(found.data), annotations: found.metadata.annotations ?? {} };
}

export async function changeAppConfig(
  client: Client,
  { namespace, name }: { readonly namespace: string | undefined; readonly name: string },
  { values, annotations }: ConfigChange,
): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, value === null ? null : encodeText(value)]),
  );
  const body = { data, metadata: { annotations } };
  await client.patch(secret, { namespace, name: configName(name) }, { type: "merge", body });
}
