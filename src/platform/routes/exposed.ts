/** What the router serves, whichever kind of object asks for it: a Route, or a path of an Ingress that is put as one. Pure. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Secret } from "../../model/kinds/core/secret/secret.ts";
import { acmeSettings } from "../../model/kinds/route/route/acme.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import { keyOf, refOf } from "../../model/meta.ts";
import { secretProblem, tlsWith, tlsWithout, type Tls } from "./tls/secret-tls.ts";

export interface Exposed {
  /** What is asked for, in a Route's words. */
  readonly route: Route;
  /** The object that asks: `route default/shop`. */
  readonly owner: string;
  /** `namespace:app:route`, unique, and readable in the access log. */
  readonly backend: string;
  /** Which path of its Ingress it is, `ingress/NAME/PART`; undefined for a Route. */
  readonly part?: string | undefined;
  /** The path is the whole one, not its start. */
  readonly isExact: boolean;
  /** Gets what is asked of hosts that nobody has. */
  readonly isAnyHost: boolean;
  /** Why it cannot be served. */
  readonly refusal?: string | undefined;
}

type SecretOf = (key: string) => Secret | undefined;

export function exposedRoute(given: Route, secretOf: SecretOf): Exposed {
  const owner = `route ${keyOf(refOf(given))}`;
  const { route, refusal } = withExternal(given, secretOf);
  return { route, owner, backend: backendName(route), isExact: false, isAnyHost: false, refusal };
}

/** The certificate of its Secret as if it were the route's own. One that an ACME authority is still to give is not missed. */
function withExternal(
  given: Route,
  secretOf: SecretOf,
): { readonly route: Route; readonly refusal?: string | undefined } {
  const external = given.spec.tls?.externalCertificate?.name;
  if (given.spec.tls === undefined || external === undefined) return { route: given };
  const { externalCertificate: _external, ...wanted } = given.spec.tls;
  const secret = secretOf(`${given.metadata.namespace}/${external}`);
  const problem =
    secret === undefined ? "there is no such Secret of type kubernetes.io/tls" : secretProblem(secret);
  const withTls = (tls: Tls): Route => ({ ...given, spec: { ...given.spec, tls } });
  if (secret !== undefined && problem === undefined) return { route: withTls(tlsWith(secret, wanted)) };
  const route = withTls(tlsWithout(wanted));
  if (acmeSettings(given) !== undefined) return { route };
  return { route, refusal: `spec.tls.externalCertificate: secret ${external}: ${problem}` };
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
