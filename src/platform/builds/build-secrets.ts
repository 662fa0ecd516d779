/** The secrets that a build's steps may mount, as text by id. */

import { decodeText } from "../../lib/base64.ts";
import { findObject } from "../../client/find-object.ts";
import type { Client } from "../../client/client.ts";
import type { BuildSecret } from "../../model/kinds/nagi/app/dockerfile-options.ts";
import { secret as secretKind } from "../../model/kinds/core/secret/secret.ts";
import { BuildFailure } from "./failure.ts";

/** Throws a BuildFailure that names what is missing. */
export async function readBuildSecrets(
  secrets: readonly BuildSecret[],
  namespace: string,
  client: Client,
): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const { id, secretKeyRef } of secrets) {
    const { name = "", key, optional } = secretKeyRef;
    const found = await findObject(client, secretKind, { namespace, name });
    const value = found?.data?.[key];
    if (value !== undefined) texts[id] = decodeText(value);
    else if (optional !== true)
      throw new BuildFailure("MissingBuildSecret", missing(id, name, key, found?.data));
  }
  return texts;
}

function missing(
  id: string,
  name: string,
  key: string,
  data: Readonly<Record<string, string>> | undefined,
): string {
  if (name.endsWith("-config") && data !== undefined)
    return `build secret ${id} is the config var ${key}, which the app does not have: nagi config set ${key}=...`;
  if (data === undefined)
    return `build secret ${id} is in Secret ${name}, and there is none: kubectl create secret generic ${name} --from-literal=${key}=...`;
  const keys = Object.keys(data).join(", ");
  return `build secret ${id} is ${key} of Secret ${name}, which has ${keys === "" ? "nothing" : keys}: choose one: nagi source --build-secret ${id}=${name}/KEY`;
}
