/**
 * One order for each Secret, with the names of all who want their certificate there. Who asks for it in another way than who
 * was first is refused: a Secret holds one certificate, and each would replace the other's for ever. Pure.
 */

import { keyOf, refOf, type Condition } from "../../../model/meta.ts";
import { conditionFor, orderKey, type AcmeOrder, type AcmeOwner } from "./acme-orders.ts";

export interface RefusedOrder {
  readonly owner: AcmeOwner;
  readonly reason: "SecretInUse";
  readonly message: string;
}

export interface MergedOrders {
  readonly orders: readonly AcmeOrder[];
  readonly refused: readonly RefusedOrder[];
}

export function mergeOrders(given: readonly AcmeOrder[]): MergedOrders {
  const orders = new Map<string, AcmeOrder>();
  const refused: RefusedOrder[] = [];
  for (const order of given.toSorted((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1))) {
    const key = orderKey(order);
    const first = orders.get(key);
    if (first === undefined) orders.set(key, order);
    else if (waysOf(first) === waysOf(order)) orders.set(key, both(first, order));
    else refused.push(...order.owners.map((owner) => refusal(owner, first)));
  }
  return { orders: [...orders.values()], refused };
}

export function refusedCondition({ owner, reason, message }: RefusedOrder): Condition {
  return conditionFor(owner, { status: "False", reason, message });
}

function both(first: AcmeOrder, second: AcmeOrder): AcmeOrder {
  return {
    ...first,
    owners: [...new Set([...first.owners, ...second.owners])],
    names: [...new Set([...first.names, ...second.names])],
    requested: first.requested > second.requested ? first.requested : second.requested,
  };
}

function refusal(owner: AcmeOwner, { owners: [first], secretName }: AcmeOrder): RefusedOrder {
  const whose = first === undefined ? "" : ` of ${first.kind.toLowerCase()} ${first.metadata.name}`;
  const message = `secret ${secretName} has the certificate${whose}, which is asked for in another way: name another secret`;
  return { owner, reason: "SecretInUse", message };
}

/** Of whom it is asked for, and how its names are proved. */
function waysOf({ server, email, dnsHook, externalAccount }: AcmeOrder): string {
  return JSON.stringify([server, email, dnsHook, externalAccount]);
}

/** The oldest is first, whatever the order in which they are given. */
function ageOf({ owners: [first] }: AcmeOrder): string {
  if (first === undefined) return "";
  return `${first.metadata.creationTimestamp} ${first.kind} ${keyOf(refOf(first))}`;
}
