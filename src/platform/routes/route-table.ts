/**
 * From objects to what the router should do: which hosts are served, by which endpoints, and which routes are
 * refused and why. Pure: the same objects always give the same table.
 */

import type { EndpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import type { Service } from "../../model/kinds/core/service/service.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import { keyOf, refOf } from "../../model/meta.ts";
import { checkDnsSubdomain } from "../../model/names.ts";
import { endpointsOf, type RouteEndpoint } from "./route-endpoints.ts";

export interface RouteObjects {
  readonly routes: readonly Route[];
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
}

export interface TableOptions {
  /** Hosts without one of their own get a name below it. */
  readonly domain: string;
  /** Hosts that the platform itself answers. */
  readonly reservedHosts: readonly string[];
}

export interface RouteBackend {
  /** `namespace:app:route`, unique, and readable in the access log. */
  readonly name: string;
  readonly app: string;
  /** From `haproxy.router.openshift.io/timeout`: how long a response may take. */
  readonly timeout: string | undefined;
  readonly endpoints: readonly RouteEndpoint[];
  /** What a request is told while there is no endpoint. */
  readonly emptyReason: string;
}

export interface RouteRule {
  readonly host: string;
  /** "" serves every path. */
  readonly path: string;
  readonly backend: string;
}

export type Admission =
  | { readonly admitted: true; readonly host: string }
  | { readonly admitted: false; readonly host: string; readonly reason: string; readonly message: string };

export interface RouteTable {
  /** Sorted by name. */
  readonly backends: readonly RouteBackend[];
  readonly rules: readonly RouteRule[];
  /** By the route's key. */
  readonly admissions: ReadonlyMap<string, Admission>;
  /** Of the endpoints that get requests, by the key of the admitted route. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
}

export const timeoutAnnotation = "haproxy.router.openshift.io/timeout";

export function buildRouteTable(objects: RouteObjects, options: TableOptions): RouteTable {
  const services = new Map(objects.services.map((service) => [keyOf(refOf(service)), service]));
  const slices = slicesByService(objects.slices);
  const admissions = new Map<string, Admission>();
  const addresses = new Map<string, readonly string[]>();
  const claims = new Map<string, string>();
  const backends: RouteBackend[] = [];
  const rules: RouteRule[] = [];
  for (const route of objects.routes.toSorted(oldestFirst)) {
    const key = keyOf(refOf(route));
    const admission = admit(route, claims, options);
    admissions.set(key, admission);
    if (!admission.admitted) continue;
    claims.set(claimOf(admission.host, pathOf(route)), key);
    const backend = backendOf(route, services, slices);
    backends.push(backend);
    addresses.set(
      key,
      backend.endpoints.map(({ address }) => address),
    );
    rules.push({ host: admission.host, path: pathOf(route), backend: backend.name });
  }
  const byName = (a: RouteBackend, b: RouteBackend): number => compare(a.name, b.name);
  const byHost = (a: RouteRule, b: RouteRule): number => compare(a.host, b.host) || compare(a.path, b.path);
  return { backends: backends.toSorted(byName), rules: rules.toSorted(byHost), admissions, addresses };
}

function admit(route: Route, claims: ReadonlyMap<string, string>, options: TableOptions): Admission {
  const host = hostOf(route, options.domain);
  const refuse = (reason: string, message: string): Admission => ({ admitted: false, host, reason, message });
  const wrongHost = checkDnsSubdomain(host);
  if (wrongHost !== undefined)
    return refuse("ExtendedValidationFailed", `spec.host: "${host}": ${wrongHost}`);
  if (!/^(|\/[\w\-.~!$&'()*+,;=:@%/]*)$/.test(pathOf(route))) {
    return refuse(
      "ExtendedValidationFailed",
      `spec.path: "${pathOf(route)}": must be the start of a URL path`,
    );
  }
  if (options.reservedHosts.includes(host)) {
    return refuse("HostReserved", `the host "${host}" belongs to the platform`);
  }
  const owner = claims.get(claimOf(host, pathOf(route)));
  if (owner !== undefined) {
    return refuse(
      "HostAlreadyClaimed",
      `route ${owner} already exposes ${host}${pathOf(route)} and is older`,
    );
  }
  if (route.spec.wildcardPolicy === "Subdomain") {
    return refuse("RouteNotAdmitted", "spec.wildcardPolicy: wildcard routes are not served");
  }
  const { tls } = route.spec;
  if (tls !== undefined && tls.insecureEdgeTerminationPolicy !== "Allow") {
    return refuse(
      "ExtendedValidationFailed",
      'spec.tls: this router speaks HTTP only; spec.tls.insecureEdgeTerminationPolicy must be "Allow"',
    );
  }
  return { admitted: true, host };
}

function backendOf(
  route: Route,
  services: ReadonlyMap<string, Service>,
  slices: ReadonlyMap<string, readonly EndpointSlice[]>,
): RouteBackend {
  const { namespace = "", name = "", annotations } = route.metadata;
  const app = route.metadata.labels?.["nagi.dev/app"] ?? route.spec.to.name;
  const timeout = annotations?.[timeoutAnnotation];
  return {
    name: `${namespace}:${app}:${name}`,
    app,
    timeout: timeout !== undefined && /^\d{1,6}(us|ms|s|m|h|d)$/.test(timeout) ? timeout : undefined,
    ...endpointsOf(route, {
      service: (target) => services.get(`${namespace}/${target}`),
      slices: (target) => slices.get(`${namespace}/${target}`) ?? [],
    }),
  };
}

function hostOf(route: Route, domain: string): string {
  const { host, subdomain } = route.spec;
  if (host !== undefined && host !== "") return host.toLowerCase();
  if (subdomain !== undefined && subdomain !== "") return `${subdomain.toLowerCase()}.${domain}`;
  return `${route.metadata.name}-${route.metadata.namespace}.${domain}`;
}

/** Without a final slash: `/api` and `/api/` are the same path. */
function pathOf(route: Route): string {
  return (route.spec.path ?? "").replace(/\/+$/, "");
}

function claimOf(host: string, path: string): string {
  return `${host}${path}`;
}

function slicesByService(slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly EndpointSlice[]> {
  const found = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const service = slice.metadata.labels?.["kubernetes.io/service-name"];
    if (service === undefined) continue;
    const key = `${slice.metadata.namespace}/${service}`;
    const list = found.get(key);
    if (list === undefined) found.set(key, [slice]);
    else list.push(slice);
  }
  return found;
}

function oldestFirst(a: Route, b: Route): number {
  const age = compare(a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? "");
  return age || compare(keyOf(refOf(a)), keyOf(refOf(b)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
