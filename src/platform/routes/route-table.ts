/**
 * From objects to what the router should do: which hosts are served, by which endpoints, and which routes are
 * refused and why. Pure: the same objects always give the same table.
 */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { EndpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import type { Service } from "../../model/kinds/core/service/service.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import { settingOf } from "../../model/kinds/route/route/route-settings.ts";
import { keyOf, refOf, type ObjectRef } from "../../model/meta.ts";
import { backendLines, isSticky, serverOptions } from "./backend-lines.ts";
import { RouteClaims, routePath, type Admission, type ClaimOptions } from "./route-claims.ts";
import { tlsOf, type RouteTls } from "./tls/route-tls.ts";
import { endpointsOf, type RouteEndpoint } from "./route-endpoints.ts";

export interface RouteObjects {
  readonly routes: readonly Route[];
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
}

export interface RouteBackend {
  /** `namespace:app:route`, unique, and readable in the access log. */
  readonly name: string;
  readonly app: string;
  /** Of its section of HAProxy's configuration: what its annotations ask for. */
  readonly lines: readonly string[];
  /** Of each of its servers. */
  readonly serverOptions: string;
  readonly isSticky: boolean;
  /** Its TLS is the app's. */
  readonly isPassthrough: boolean;
  /** Authority of its servers' certificates, in PEM. */
  readonly destinationCa: string | undefined;
  readonly endpoints: readonly RouteEndpoint[];
  /** What a request is told while there is no endpoint. */
  readonly emptyReason: string;
  /** The Deployment that requests wake when there is no endpoint. */
  readonly wakes: ObjectRef | undefined;
}

export interface RouteRule {
  /** `*.example.com` is every name right below. */
  readonly host: string;
  /** "" serves every path. */
  readonly path: string;
  readonly backend: string;
  readonly tls: RouteTls | undefined;
  /** What visitors are told in place of the app; undefined when it answers. */
  readonly maintenance: string | undefined;
}

export interface RouteTable {
  /** Sorted by name. */
  readonly backends: readonly RouteBackend[];
  readonly rules: readonly RouteRule[];
  /** By the route's key. */
  readonly admissions: ReadonlyMap<string, Admission>;
  /** Of the endpoints that get requests, by the key of the admitted route. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
}

export function buildRouteTable(objects: RouteObjects, options: ClaimOptions): RouteTable {
  const services = new Map(objects.services.map((service) => [keyOf(refOf(service)), service]));
  const slices = slicesByService(objects.slices);
  const admissions = new Map<string, Admission>();
  const addresses = new Map<string, readonly string[]>();
  const claims = new RouteClaims(options);
  const backends: RouteBackend[] = [];
  const rules: RouteRule[] = [];
  for (const route of objects.routes.toSorted(oldestFirst)) {
    const key = keyOf(refOf(route));
    const admission = claims.admit(route);
    admissions.set(key, admission);
    if (!admission.admitted) continue;
    const backend = backendOf(route, services, slices);
    backends.push(backend);
    addresses.set(
      key,
      backend.endpoints.map(({ address }) => address),
    );
    rules.push({
      host: admission.host,
      path: routePath(route),
      backend: backend.name,
      tls: tlsOf(route),
      maintenance: settingOf(route, "maintenance"),
    });
  }
  const byName = (a: RouteBackend, b: RouteBackend): number => compare(a.name, b.name);
  const byHost = (a: RouteRule, b: RouteRule): number => compare(a.host, b.host) || compare(a.path, b.path);
  return { backends: backends.toSorted(byName), rules: rules.toSorted(byHost), admissions, addresses };
}

function backendOf(
  route: Route,
  services: ReadonlyMap<string, Service>,
  slices: ReadonlyMap<string, readonly EndpointSlice[]>,
): RouteBackend {
  const { namespace = "", name = "" } = route.metadata;
  const app = route.metadata.labels?.[appLabel] ?? route.spec.to.name;
  return {
    name: `${namespace}:${app}:${name}`,
    app,
    lines: backendLines(route),
    serverOptions: serverOptions(route),
    isSticky: isSticky(route),
    isPassthrough: tlsOf(route)?.termination === "passthrough",
    destinationCa: tlsOf(route)?.destinationCa,
    ...endpointsOf(route, {
      service: (target) => services.get(`${namespace}/${target}`),
      slices: (target) => slices.get(`${namespace}/${target}`) ?? [],
    }),
  };
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
