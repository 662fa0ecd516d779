/** Writes what has become of Routes into their status. */

import type { Client } from "../../client/client.ts";
import { timestamp } from "../../lib/timestamp.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { keyOf, refOf, type Condition } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isConflict, isNotFound } from "../../model/status.ts";
import type { AcmeOrder, AcmeOwner } from "./acme/acme-orders.ts";
import { refusedCondition } from "./acme/merged-orders.ts";
import { statusFor } from "./route-status.ts";
import type { RouteTable } from "./route-table.ts";

export interface StatusWriting {
  readonly client: Client;
  /** The platform's. */
  readonly domain: string;
  readonly nowMs: number;
  /** What has become of a certificate of an ACME authority. */
  readonly conditionOf: (order: AcmeOrder, owner: AcmeOwner) => Condition;
}

export async function writeRouteStatuses(
  table: RouteTable,
  routes: readonly Route[],
  { client, domain, nowMs, conditionOf }: StatusWriting,
): Promise<void> {
  const certificates = certificateConditions(table, conditionOf);
  for (const object of routes) {
    const key = keyOf(refOf(object));
    const admission = table.admissions.get(key);
    if (admission === undefined) continue;
    const status = statusFor(object, admission, {
      routerName: "default",
      domain,
      nowIso: timestamp(nowMs),
      addresses: table.addresses.get(key),
      certificate: certificates.get(`Route ${key}`),
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

/** By kind and key of who wants one. */
function certificateConditions(
  { orders, refusedOrders }: RouteTable,
  conditionOf: StatusWriting["conditionOf"],
): ReadonlyMap<string, Condition> {
  const nameOf = (owner: AcmeOwner): string => `${owner.kind} ${keyOf(refOf(owner))}`;
  return new Map([
    ...orders.flatMap((order) =>
      order.owners.map((owner) => [nameOf(owner), conditionOf(order, owner)] as const),
    ),
    ...refusedOrders.map((refused) => [nameOf(refused.owner), refusedCondition(refused)] as const),
  ]);
}
