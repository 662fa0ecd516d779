/**
 * From an Ingress to what the router serves: each path of each host, put as a Route, with the problems that its owner should
 * hear of. Pure: the same objects always give the same plan.
 */

import { createHash } from "node:crypto";
import { newObject } from "../../../model/kind.ts";
import type { Secret } from "../../../model/kinds/core/secret/secret.ts";
import type { Service } from "../../../model/kinds/core/service/service.ts";
import {
  ingressClassAnnotation,
  type Ingress,
  type IngressBackend,
} from "../../../model/kinds/networking/ingress/ingress.ts";
import {
  routerController,
  type IngressClass,
} from "../../../model/kinds/networking/ingressclass/ingressclass.ts";
import { acmeSettings } from "../../../model/kinds/route/route/acme.ts";
import { route as routeKind, type Route } from "../../../model/kinds/route/route/route.ts";
import { keyOf, refOf } from "../../../model/meta.ts";
import { backendName, type Exposed } from "../exposed.ts";
import { secretProblem, tlsWith, tlsWithout, type Tls } from "../tls/secret-tls.ts";
import { ingressSettings, type IngressSettings } from "./ingress-annotations.ts";

export interface IngressProblem {
  /** One word, for an event. */
  readonly reason: string;
  readonly message: string;
}

export interface IngressPlan {
  readonly ingress: Ingress;
  /** False for one of another controller. */
  readonly isOurs: boolean;
  readonly exposed: readonly Exposed[];
  readonly problems: readonly IngressProblem[];
}

export interface IngressRelated {
  readonly classOf: (name: string) => IngressClass | undefined;
  readonly secretOf: (key: string) => Secret | undefined;
  readonly serviceOf: (key: string) => Service | undefined;
}

/** Stands for every host that nobody has. */
const anyHost = "*";

interface Wanted {
  readonly host: string;
  /** "" for every path. */
  readonly path: string;
  readonly isExact: boolean;
  readonly backend: IngressBackend;
}

export function planIngress(ingress: Ingress, related: IngressRelated): IngressPlan {
  const refused = (isOurs: boolean, problems: readonly IngressProblem[]): IngressPlan => ({
    ingress,
    isOurs,
    exposed: [],
    problems,
  });
  const className = ingress.spec.ingressClassName ?? ingress.metadata.annotations?.[ingressClassAnnotation];
  const found = className === undefined ? undefined : related.classOf(className);
  if (found?.spec.controller !== routerController)
    return refused(false, className !== undefined && found === undefined ? [noSuchClass(className)] : []);
  const settings = ingressSettings(ingress);
  if (settings.refusal !== undefined)
    return refused(true, [{ reason: "UnsupportedAnnotation", message: `not served: ${settings.refusal}` }]);
  const problems: IngressProblem[] = settings.ignored.map((name) => ({
    reason: "UnknownAnnotation",
    message: `metadata.annotations[${name}] is not known here and changes nothing`,
  }));
  const exposed = wantedOf(ingress).flatMap((wanted) => {
    const made = exposedFor(ingress, wanted, settings, related);
    problems.push(...made.problems);
    return made.exposed;
  });
  return { ingress, isOurs: true, exposed, problems: distinct(problems) };
}

function noSuchClass(name: string): IngressProblem {
  const message = `ingress class "${name}" does not exist, so nobody serves this; for Nagi's router name the class nagi, or make an IngressClass "${name}" with the controller ${routerController}`;
  return { reason: "NoSuchIngressClass", message };
}

/** Paths as written, then what the default backend gets: the rest of each host, and hosts that nobody has. */
function wantedOf({ spec: { rules = [], defaultBackend } }: Ingress): readonly Wanted[] {
  const wanted = rules.flatMap(({ host = "", http }) =>
    (http?.paths ?? []).map(({ path = "", pathType, backend }): Wanted => {
      const isExact = pathType === "Exact";
      return { host: hostOf(host), path: isExact ? path : path.replace(/\/+$/, ""), isExact, backend };
    }),
  );
  if (defaultBackend === undefined) return wanted;
  const whole = new Set(wanted.flatMap(({ host, path, isExact }) => (path === "" && !isExact ? [host] : [])));
  const hosts = new Set([...rules.map(({ host = "" }) => hostOf(host)), anyHost]);
  const rest = [...hosts].filter((host) => !whole.has(host));
  return [...wanted, ...rest.map((host) => ({ host, path: "", isExact: false, backend: defaultBackend }))];
}

function hostOf(host: string): string {
  return host === "" ? anyHost : host;
}

function exposedFor(
  ingress: Ingress,
  wanted: Wanted,
  settings: IngressSettings,
  related: IngressRelated,
): { readonly exposed: readonly Exposed[]; readonly problems: readonly IngressProblem[] } {
  const { host, path, isExact, backend } = wanted;
  const { name = "", namespace = "", labels, uid, creationTimestamp } = ingress.metadata;
  if (backend.service === undefined) {
    const message = `${shown(wanted)}: a backend must be a service here, not a ${backend.resource?.kind ?? "resource"}`;
    return { exposed: [], problems: [{ reason: "UnsupportedBackend", message }] };
  }
  const tls = tlsFor(ingress, host, settings, related);
  const service = related.serviceOf(`${namespace}/${backend.service.name}`);
  const route = newObject<Route>(
    routeKind,
    { name, namespace, labels, uid, creationTimestamp, annotations: { ...settings.annotations } },
    {
      spec: {
        host,
        path,
        to: { name: backend.service.name },
        port: portOf(backend.service, service),
        wildcardPolicy: host.startsWith("*.") ? "Subdomain" : "None",
        tls: tls.tls,
      },
    },
  );
  const digest = createHash("sha256").update(`${host} ${path} ${isExact}`).digest("hex").slice(0, 8);
  const part = `ingress/${name}/${digest}`;
  const exposed: Exposed = {
    route,
    owner: `ingress ${keyOf(refOf(ingress))}`,
    backend: backendName(route, part),
    part,
    isExact,
    isAnyHost: host === anyHost,
  };
  return { exposed: [exposed], problems: tls.problems };
}

type ServiceBackend = NonNullable<IngressBackend["service"]>;

/** A port's number is the Service's here, never the pods'. */
function portOf({ port = {} }: ServiceBackend, service: Service | undefined): Route["spec"]["port"] {
  const { name = "", number = 0 } = port;
  if (name !== "") return { targetPort: name };
  const ports = service?.spec.ports ?? [];
  const found = ports.find((each) => each.port === number);
  // As a text it is no port's number: nothing else is taken for it.
  if (found === undefined) return { targetPort: String(number) };
  // Where there are several, each has a name.
  return ports.length === 1 ? undefined : { targetPort: found.name ?? number };
}

/** Name of the Secret of a host that answers over TLS, "" for none; undefined for a host that does not. */
function secretNameFor({ spec: { tls = [] } }: Ingress, host: string): string | undefined {
  const wildcard = host.replace(/^[^.]*/, "*");
  const fits = (names: readonly string[]): boolean => names.includes(host) || names.includes(wildcard);
  const found = tls.find(({ hosts = [] }) => fits(hosts)) ?? tls.find(({ hosts = [] }) => hosts.length === 0);
  return found === undefined ? undefined : (found.secretName ?? "");
}

function tlsFor(
  ingress: Ingress,
  host: string,
  { insecure }: IngressSettings,
  { secretOf }: IngressRelated,
): { readonly tls: Route["spec"]["tls"]; readonly problems: readonly IngressProblem[] } {
  const secretName = secretNameFor(ingress, host);
  if (secretName === undefined) return { tls: undefined, problems: [] };
  const wanted: Tls = { termination: "edge", insecureEdgeTerminationPolicy: insecure };
  if (secretName === "") return { tls: tlsWithout(wanted), problems: [] };
  const secret = secretOf(`${ingress.metadata.namespace}/${secretName}`);
  const problem =
    secret === undefined ? "there is no such Secret of type kubernetes.io/tls" : secretProblem(secret);
  if (secret !== undefined && problem === undefined) return { tls: tlsWith(secret, wanted), problems: [] };
  const message = `secret ${secretName}: ${problem}; until it is right, ${host === anyHost ? "hosts are" : `${host} is`} served with a certificate of the local authority`;
  // One that an ACME authority is still to give is not missed.
  const isMissed = secret !== undefined || acmeSettings(ingress) === undefined;
  return { tls: tlsWithout(wanted), problems: isMissed ? [{ reason: "BadCertificate", message }] : [] };
}

/** `shop.example.com/cart`, for messages. */
function shown({ host, path }: Wanted): string {
  return `${host}${path === "" ? "/" : path}`;
}

function distinct(problems: readonly IngressProblem[]): readonly IngressProblem[] {
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}
