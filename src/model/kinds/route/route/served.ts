/**
 * What the router serves at the moment, told in a condition of its entry in a Route's status: whoever deploys must
 * know when requests go to the new pods.
 */

import { findCondition } from "../../../conditions.ts";
import type { Condition } from "../../../meta.ts";
import type { Route } from "./route.ts";
import { tcpPortOf } from "./tcp-port.ts";

export const servedType = "Served";
/** Of a condition's message; a route with more is told of with their number alone. */
const addressesMax = 500;

export function servedCondition(addresses: readonly string[]): Condition {
  if (addresses.length === 0) return { type: servedType, status: "False", reason: "NoEndpoints" };
  return { type: servedType, status: "True", reason: "Endpoints", message: servedMessage(addresses) };
}

/** The same for the same addresses in any order. */
export function servedMessage(addresses: readonly string[]): string {
  const distinct = [...new Set(addresses)].toSorted();
  return distinct.length > addressesMax ? `${distinct.length} addresses` : distinct.join(", ");
}

/**
 * False when a router of Nagi says that it serves other addresses. Other routers do not say what they serve, and
 * neither can be said of a route that divides its requests; one of TCP may lead to another process.
 */
export function isServing(routes: readonly Route[], addresses: readonly string[]): boolean {
  const wanted = servedMessage(addresses);
  return routes
    .filter((each) => (each.spec.alternateBackends ?? []).length === 0 && tcpPortOf(each) === undefined)
    .flatMap(({ status }) => status?.ingress ?? [])
    .flatMap(({ conditions }) => findCondition(conditions, servedType) ?? [])
    .every(({ message }) => message === wanted);
}
