/** What the router serves, whichever kind of object asks for it: a Route, or a path of an Ingress that is put as one. Pure. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import { keyOf, refOf } from "../../model/meta.ts";

export interface Exposed {
  /** What is asked for, in a Route's words. */
  readonly route: Route;
  /** The object that asks: `route default/shop`. */
  readonly owner: string;
  /** `namespace:app:route`, unique, and readable in the access log. */
  readonly backend: string;
  /** The path is the whole one, not its start. */
  readonly isExact: boolean;
  /** Gets what is asked of hosts that nobody has. */
  readonly isAnyHost: boolean;
}

export function exposedRoute(route: Route): Exposed {
  const owner = `route ${keyOf(refOf(route))}`;
  return { route, owner, backend: backendName(route), isExact: false, isAnyHost: false };
}

/** The part is which one of the object's it is. */
export function backendName(route: Route, part?: string): string {
  const { namespace = "", name = "" } = route.metadata;
  return `${namespace}:${appOf(route)}:${part ?? name}`;
}

export function appOf({ metadata, spec }: Route): string {
  return metadata.labels?.[appLabel] ?? spec.to.name;
}

/** Who was there first has a host. */
export function oldestFirst(a: Exposed, b: Exposed): number {
  const age = compare(created(a), created(b));
  return age || compare(keyOf(refOf(a.route)), keyOf(refOf(b.route))) || compare(a.owner, b.owner);
}

function created({ route }: Exposed): string {
  return route.metadata.creationTimestamp ?? "";
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
