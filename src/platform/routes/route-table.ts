/**
 * From objects to what the router should do: which hosts are served, by which endpoints, and which routes are
 * refused and why. Pure: the same objects always give the same table.
 */

import type { EndpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import type { Secret } from "../../model/kinds/core/secret/secret.ts";
import type { Ingress } from "../../model/kinds/networking/ingress/ingress.ts";
import type { IngressClass } from "../../model/kinds/networking/ingressclass/ingressclass.ts";
import type { Service } from "../../model/kinds/core/service/service.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import { settingOf } from "../../model/kinds/route/route/route-settings.ts";
import { keyOf, refOf, type KubeObject, type ObjectRef } from "../../model/meta.ts";
import { backendLines, isSticky, serverOptions } from "./backend-lines.ts";
import { acmeOrderOf, type AcmeOrder } from "./acme/acme-orders.ts";
import { mergeOrders, type RefusedOrder } from "./acme/merged-orders.ts";
import { appOf, compare, exposedRoute, oldestFirst, type Exposed } from "./exposed.ts";
import { planIngress, type IngressPlan, type IngressProblem } from "./ingress/plan-ingress.ts";
import { maintenanceValue } from "./maintenance.ts";
import { errorPageLines, ShownPages, type PageFiles } from "./shown-pages.ts";
import type { ConfigMap } from "../../model/kinds/core/configmap/configmap.ts";
import { RouteClaims, routePath, type Admission, type ClaimOptions } from "./route-claims.ts";
import { PortClaims, type TcpOptions, type TcpPort } from "./tcp/tcp-ports.ts";
import { tcpPortOf } from "../../model/kinds/route/route/tcp-port.ts";
import { tlsOf, type RouteTls } from "./tls/route-tls.ts";
import { endpointsOf, type RouteEndpoint } from "./route-endpoints.ts";

export interface RouteObjects {
  readonly routes: readonly Route[];
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly ingresses: readonly Ingress[];
  readonly classes: readonly IngressClass[];
  /** Of type kubernetes.io/tls. */
  readonly secrets: readonly Secret[];
  /** With pages in place of answers. */
  readonly pages?: readonly ConfigMap[] | undefined;
}

export interface RouteBackend {
  /** `namespace:app:route`, unique, and readable in the access log. */
  readonly name: string;
  /** The object that asks for it: `route default/shop`. */
  readonly owner: string;
  readonly app: string;
  /** Of its section of HAProxy's configuration: what its annotations ask for. */
  readonly lines: readonly string[];
  /** Of each of its servers. */
  readonly serverOptions: string;
  readonly isSticky: boolean;
  /** The router reads what is said: neither TCP, nor TLS of the app's own. */
  readonly isHttp: boolean;
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
  /** The path is the whole one, not its start. */
  readonly isExact: boolean;
  readonly backend: string;
  readonly tls: RouteTls | undefined;
  /** What visitors are told in place of the app; undefined when it answers. */
  readonly maintenance: string | undefined;
}

export interface RouteTable {
  /** Sorted by name. */
  readonly backends: readonly RouteBackend[];
  readonly rules: readonly RouteRule[];
  /** Of routes of TCP, by their number. */
  readonly ports: readonly TcpPort[];
  /** By the route's key. */
  readonly admissions: ReadonlyMap<string, Admission>;
  /** Of the endpoints that get requests, by the key of the admitted route. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  readonly ingresses: readonly IngressOutcome[];
  /** What is served. */
  readonly exposed: readonly Exposed[];
  readonly pages: ShownPages;
  /** Certificates that are wanted of ACME authorities. */
  readonly orders: readonly AcmeOrder[];
  /** Those that another's certificate is in the way of. */
  readonly refusedOrders: readonly RefusedOrder[];
}

/** What has become of an Ingress. */
export interface IngressOutcome {
  readonly ingress: Ingress;
  readonly isOurs: boolean;
  /** Hosts and paths that are served: `shop.example.com/cart`. */
  readonly served: readonly string[];
  readonly problems: readonly IngressProblem[];
}

export function buildRouteTable(objects: RouteObjects, options: ClaimOptions & TcpOptions): RouteTable {
  const services = byKey(objects.services);
  const slices = slicesByService(objects.slices);
  const secrets = byKey(objects.secrets);
  const plans = ingressPlans(objects, services, secrets);
  const admitted = new Map<Exposed, Admission>();
  const admissions = new Map<string, Admission>();
  const addresses = new Map<string, readonly string[]>();
  const claims = new RouteClaims(options);
  const pages = new ShownPages(objects.pages ?? []);
  const portClaims = new PortClaims(options);
  const ports: TcpPort[] = [];
  const backends: RouteBackend[] = [];
  const rules: RouteRule[] = [];
  const orders: AcmeOrder[] = [];
  const routes = new Map(
    objects.routes.map((route) => [exposedRoute(route, (key) => secrets.get(key)), route]),
  );
  for (const exposed of [...routes.keys(), ...plans.flatMap((plan) => plan.exposed)].toSorted(oldestFirst)) {
    const { route } = exposed;
    const given = routes.get(exposed);
    const key = given === undefined ? undefined : keyOf(refOf(given));
    const tcpPort = tcpPortOf(route);
    const admission = (tcpPort === undefined ? claims : portClaims).admit(exposed);
    admitted.set(exposed, admission);
    if (key !== undefined) admissions.set(key, admission);
    if (!admission.admitted) continue;
    const order = given === undefined ? undefined : routeOrder(given, admission.host);
    if (order !== undefined) orders.push(order);
    const own = pages.ownOf(route.metadata.namespace ?? "", appOf(route));
    const backend = backendOf(exposed, own, { services, slices });
    backends.push(backend);
    if (key !== undefined)
      addresses.set(
        key,
        backend.endpoints.map(({ address }) => address),
      );
    if (typeof tcpPort === "number") {
      ports.push({ port: tcpPort, backend: backend.name, withTls: route.spec.tls !== undefined });
      continue;
    }
    rules.push({
      host: admission.host,
      path: exposed.isExact ? (route.spec.path ?? "") : routePath(route),
      isExact: exposed.isExact,
      backend: backend.name,
      tls: tlsOf(route),
      maintenance: maintenanceOf(route, own.maintenance ?? pages.common.maintenance),
    });
  }
  const byName = (a: RouteBackend, b: RouteBackend): number => compare(a.name, b.name);
  const byHost = (a: RouteRule, b: RouteRule): number => compare(a.host, b.host) || compare(a.path, b.path);
  const wanted = [...orders, ...plans.flatMap((plan) => ingressOrders(plan, admitted))];
  const merged = mergeOrders(wanted);
  return {
    backends: backends.toSorted(byName),
    rules: rules.toSorted(byHost),
    ports: ports.toSorted((a, b) => a.port - b.port),
    admissions,
    addresses,
    pages,
    ingresses: plans.map((plan) => outcomeOf(plan, admitted, merged.refused)),
    exposed: [...admitted].flatMap(([each, admission]) => (admission.admitted ? [each] : [])),
    orders: merged.orders,
    refusedOrders: merged.refused,
  };
}

/** Of a route whose certificate is to be in a Secret. */
function routeOrder(route: Route, host: string): AcmeOrder | undefined {
  const secretName = route.spec.tls?.externalCertificate?.name;
  return secretName === undefined ? undefined : acmeOrderOf(route, secretName, [host]);
}

/** One for each Secret, of those of its hosts that are served. */
function ingressOrders(
  { ingress, exposed }: IngressPlan,
  admitted: ReadonlyMap<Exposed, Admission>,
): readonly AcmeOrder[] {
  const hosts = new Set(
    exposed.flatMap((each) => {
      const admission = admitted.get(each);
      return admission?.admitted === true ? [admission.host] : [];
    }),
  );
  return (ingress.spec.tls ?? []).flatMap(({ secretName, hosts: named = [] }) => {
    const order =
      secretName === undefined
        ? undefined
        : acmeOrderOf(
            ingress,
            secretName,
            named.filter((host) => hosts.has(host)),
          );
    return order === undefined ? [] : [order];
  });
}

function ingressPlans(
  { ingresses, classes }: RouteObjects,
  services: ReadonlyMap<string, Service>,
  secrets: ReadonlyMap<string, Secret>,
): readonly IngressPlan[] {
  if (ingresses.length === 0) return [];
  const classByName = byKey(classes);
  const related = {
    classOf: (name: string) => classByName.get(name),
    secretOf: (key: string) => secrets.get(key),
    serviceOf: (key: string) => services.get(key),
  };
  return ingresses.map((ingress) => planIngress(ingress, related));
}

function outcomeOf(
  { ingress, isOurs, exposed, problems }: IngressPlan,
  admitted: ReadonlyMap<Exposed, Admission>,
  refusedOrders: readonly RefusedOrder[],
): IngressOutcome {
  const served: string[] = [];
  const refused: IngressProblem[] = [];
  for (const each of exposed) {
    const admission = admitted.get(each);
    if (admission === undefined) continue;
    const place = `${admission.host}${each.route.spec.path || "/"}`;
    if (admission.admitted) served.push(place);
    else refused.push({ reason: admission.reason, message: `${place} is not served: ${admission.message}` });
  }
  const uncertified = refusedOrders.filter(({ owner }) => owner === ingress);
  return { ingress, isOurs, served, problems: [...problems, ...refused, ...uncertified] };
}

function byKey<T extends KubeObject>(objects: readonly T[]): ReadonlyMap<string, T> {
  return new Map(objects.map((object) => [keyOf(refOf(object)), object]));
}

function maintenanceOf(route: Route, page: string | undefined): string | undefined {
  const setting = settingOf(route, "maintenance");
  return setting === undefined ? undefined : maintenanceValue(setting, page);
}

interface Targets {
  readonly services: ReadonlyMap<string, Service>;
  readonly slices: ReadonlyMap<string, readonly EndpointSlice[]>;
}

function backendOf(
  { route, backend, owner }: Exposed,
  pages: PageFiles,
  { services, slices }: Targets,
): RouteBackend {
  const { namespace = "" } = route.metadata;
  const isHttp = tcpPortOf(route) === undefined && tlsOf(route)?.termination !== "passthrough";
  return {
    name: backend,
    owner,
    app: appOf(route),
    lines: [...backendLines(route), ...(isHttp ? errorPageLines(pages) : [])],
    serverOptions: serverOptions(route),
    isSticky: isSticky(route),
    isHttp,
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
