/** Writes a status if it says something new. */

import type { Client } from "../../../client/client.ts";
import type { Kind } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/meta.ts";
import { isNotFound } from "../../../model/status.ts";
import { canonicalJson } from "./safe-hash.ts";

/** Returns the object as it is now; undefined when nothing was written. */
export async function writeStatus<T extends KubeObject & { status?: unknown }>(
  client: Client,
  kind: Kind<T>,
  object: T,
  status: T["status"],
): Promise<T | undefined> {
  if (canonicalJson(object.status) === canonicalJson(status)) return undefined;
  try {
    return await client.update(kind, { ...object, status }, { subresource: "status" });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
