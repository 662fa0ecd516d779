/** Writes what has become of Routes into their status. */

import type { Client } from "../../client/client.ts";
import { timestamp } from "../../lib/timestamp.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { keyOf, refOf, type Condition } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isConflict, isNotFound } from "../../model/status.ts";
import type { AcmeOrder } from "./acme/acme-orders.ts";
import { statusFor } from "./route-status.ts";
import type { RouteTable } from "./route-table.ts";

export interface StatusWriting {
  readonly client: Client;
  /** The platform's. */
  readonly domain: string;
  readonly nowMs: number;
  /** What has become of a certificate of an ACME authority. */
  readonly conditionOf: (order: AcmeOrder) => Condition;
}

export async function writeRouteStatuses(
  table: RouteTable,
  routes: readonly Route[],
  { client, domain, nowMs, conditionOf }: StatusWriting,
): Promise<void> {
  const orders = new Map(
    table.orders.map((order) => [`${order.owner.kind} ${keyOf(refOf(order.owner))}`, order]),
  );
  for (const object of routes) {
    const key = keyOf(refOf(object));
    const admission = table.admissions.get(key);
    if (admission === undefined) continue;
    const order = orders.get(`Route ${key}`);
    const status = statusFor(object, admission, {
      routerName: "default",
      domain,
      nowIso: timestamp(nowMs),
      addresses: table.addresses.get(key),
      certificate: order === undefined ? undefined : conditionOf(order),
    });
    if (status === undefined) continue;
    const { resourceVersion } = object.metadata;
    const body = { metadata: { resourceVersion }, status } as unknown as JsonValue;
    const options = { subresource: "status" };
    await client.patch(route, refOf(object), { type: "merge", body }, options).catch((error: unknown) => {
      // Somebody else wrote or it is gone: the watch tells, and this runs again.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    });
  }
}
