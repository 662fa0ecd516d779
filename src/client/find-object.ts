import type { Kind } from "../model/kind.ts";
import type { KubeObject, ObjectRef } from "../model/meta.ts";
import { isNotFound } from "../model/status.ts";
import type { Client } from "./client.ts";

/** The object, or undefined where there is none. */
export async function findObject<T extends KubeObject>(
  client: Pick<Client, "get">,
  kind: Kind<T>,
  ref: ObjectRef,
): Promise<T | undefined> {
  try {
    return await client.get(kind, ref);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
