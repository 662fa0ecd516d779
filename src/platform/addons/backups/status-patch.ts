/** Changes of a status; what is undefined goes. */

import type { Client } from "../../../client/client.ts";
import type { Kind } from "../../../model/kind.ts";
import { refOf, type KubeObject } from "../../../model/meta.ts";
import type { JsonValue } from "../../../model/schema.ts";

export async function patchStatus<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  object: T,
  change: object,
): Promise<T> {
  const status = JSON.parse(
    JSON.stringify(change, (_key, value: unknown) => (value === undefined ? null : value)),
  ) as JsonValue;
  return await client.patch(
    kind,
    refOf(object),
    { type: "merge", body: { status } },
    { subresource: "status" },
  );
}
