/** Which pods answer for a route, and with what share; and what to say when none does. */

import type { Service, ServicePort } from "../../model/kinds/core/service/service.ts";
import { wakesAnnotation } from "../../model/kinds/core/service/wakes.ts";
import type { EndpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import type { ObjectRef } from "../../model/meta.ts";

/** HAProxy's largest weight; shares are scaled below it. */
const maxWeight = 256;

export interface RouteEndpoint {
  readonly address: string;
  readonly port: number;
  /** 1 to 256, against the other endpoints of the route. */
  readonly weight: number;
  /** Name of the pod, for the access log. */
  readonly target: string | undefined;
}

export interface RouteTargets {
  readonly service: (name: string) => Service | undefined;
  readonly slices: (service: string) => readonly EndpointSlice[];
}

export interface Endpoints {
  readonly endpoints: readonly RouteEndpoint[];
  readonly emptyReason: string;
  /** The Deployment that requests wake when there is no endpoint. */
  readonly wakes: ObjectRef | undefined;
}

interface Found {
  readonly usable: readonly Omit<RouteEndpoint, "weight">[];
  readonly unready: number;
}

export function endpointsOf(route: Route, targets: RouteTargets): Endpoints {
  const shares = [route.spec.to, ...(route.spec.alternateBackends ?? [])]
    .map(({ name, weight = 100 }) => ({ name, weight, ...find(route, name, targets) }))
    .filter(({ weight }) => weight > 0);
  const each = shares.map(({ weight, usable }) => (usable.length === 0 ? 0 : weight / usable.length));
  const largest = Math.max(...each, 0);
  const scale = shares.length > 1 ? maxWeight / largest : 1 / largest;
  const endpoints = shares.flatMap(({ usable }, index) => {
    const weight = Math.max(1, Math.round((each[index] ?? 0) * scale));
    return usable.map((endpoint) => ({ ...endpoint, weight }));
  });
  const wakes = wokenBy(route, targets);
  const isAsleep = wakes !== undefined && endpoints.length === 0;
  const reason = isAsleep
    ? "it sleeps, and nothing can wake it while the platform does not run: nagi up"
    : emptyReason(route, shares, targets);
  return { endpoints: distinct(endpoints), emptyReason: reason, wakes };
}

function wokenBy({ spec, metadata: { namespace } }: Route, targets: RouteTargets): ObjectRef | undefined {
  const name = targets.service(spec.to.name)?.metadata.annotations?.[wakesAnnotation];
  return name === undefined ? undefined : { namespace, name };
}

function find(route: Route, name: string, targets: RouteTargets): Found {
  const port = servicePort(route, targets.service(name)?.spec.ports ?? []);
  const usable: Omit<RouteEndpoint, "weight">[] = [];
  let unready = 0;
  for (const slice of targets.slices(name)) {
    const number = slice.ports?.find((candidate) => (candidate.name ?? "") === (port?.name ?? ""))?.port;
    if (slice.addressType === "FQDN" || number === undefined) continue;
    for (const { addresses, conditions, targetRef } of slice.endpoints) {
      const [address] = addresses;
      // A terminating endpoint is never ready: it finishes what it has and gets nothing new.
      if (address === undefined || conditions?.terminating === true) continue;
      if (conditions?.ready === false) unready += 1;
      else usable.push({ address, port: number, target: targetRef?.name });
    }
  }
  return { usable, unready };
}

/** The port that the route names, by its name, its pods' port or its own number; else the first. */
function servicePort(route: Route, ports: readonly ServicePort[]): ServicePort | undefined {
  const wanted = route.spec.port?.targetPort;
  if (wanted === undefined) return ports[0];
  return (
    ports.find(({ name }) => name === wanted) ??
    ports.find(({ targetPort, port }) => [targetPort, port].includes(wanted))
  );
}

function emptyReason(
  route: Route,
  shares: readonly { name: string; unready: number }[],
  targets: RouteTargets,
): string {
  const missing = shares.find(({ name }) => targets.service(name) === undefined);
  if (missing !== undefined) return `its service ${missing.name} does not exist`;
  const wanted = route.spec.port?.targetPort;
  const known = shares.some(({ name }) => servicePort(route, targets.service(name)?.spec.ports ?? []));
  if (!known && wanted !== undefined) {
    return `its service has no port ${String(wanted).replace(/[^\w.-]/g, "?")}`;
  }
  const unready = shares.reduce((sum, share) => sum + share.unready, 0);
  if (unready === 0) return "no instance of it is running";
  return unready === 1 ? "its only instance is not ready" : `none of its ${unready} instances is ready`;
}

/** One pod may stand in several slices for a moment: the first counts. */
function distinct(endpoints: readonly RouteEndpoint[]): readonly RouteEndpoint[] {
  const seen = new Map<string, RouteEndpoint>();
  for (const endpoint of endpoints) {
    const key = `${endpoint.address}:${endpoint.port}`;
    if (!seen.has(key)) seen.set(key, endpoint);
  }
  return [...seen.values()];
}
