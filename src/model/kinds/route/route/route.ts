import { defineKind } from "../../../define.ts";
import { findCondition, isConditionTrue } from "../../../conditions.ts";
import { condition, type Condition, type KubeObject } from "../../../meta.ts";
import { array, integer, intOrString, object, oneOf, required, string, type Infer } from "../../../schema.ts";

import { acmeErrors } from "./acme.ts";
import { httpHeaderErrors, httpHeaders } from "./http-headers.ts";
import { passthroughErrors } from "./passthrough.ts";
import { settingErrors } from "./route-settings.ts";
import { tcpErrors } from "./tcp-port.ts";
import { routeErrors } from "./validate-route.ts";

const api = "com.github.openshift.api.route.v1";

const targetReference = object(
  "A service that gets requests.",
  {
    kind: oneOf(["Service"], "Kind of the target.", { default: "Service" }),
    name: required(string("Name of the service.")),
    weight: integer("Share of the requests, against the other targets.", { default: 100, min: 0, max: 256 }),
  },
  { name: `${api}.RouteTargetReference` },
);

const tlsConfig = object(
  "How TLS is spoken.",
  {
    termination: required(
      oneOf(["edge", "passthrough", "reencrypt"], "Where TLS ends: at the router, at the pod, or at both."),
    ),
    certificate: string("Certificate, as PEM."),
    key: string("Key of the certificate, as PEM."),
    caCertificate: string("Chain of the certificate, as PEM."),
    destinationCACertificate: string("Authority of the pods' certificates, for reencrypt."),
    insecureEdgeTerminationPolicy: oneOf(
      ["None", "Allow", "Redirect", ""],
      "What is done with requests without TLS.",
    ),
    externalCertificate: object(
      "Secret with the certificate.",
      { name: string("Name of the Secret.") },
      { name: `${api}.LocalObjectReference` },
    ),
  },
  { name: `${api}.TLSConfig` },
);

const ingress = object(
  "What a router makes of the route.",
  {
    host: string("Host that it serves."),
    routerName: string("Name of the router."),
    routerCanonicalHostname: string("Name of the router's host."),
    wildcardPolicy: string("Whether subdomains are served."),
    conditions: array(condition, "Aspects: Admitted says whether the route is served.", { mergeKey: "type" }),
  },
  { name: `${api}.RouteIngress` },
);

const fields = {
  spec: required(
    object(
      "Which requests go where.",
      {
        host: string("Host of the requests; made from the route's name when absent."),
        subdomain: string("First part of the host, before the router's domain."),
        path: string("Start of the path of the requests; all paths when absent."),
        to: required(targetReference),
        alternateBackends: array(targetReference, "Further services that share the requests.", {
          maxLength: 3,
        }),
        port: object(
          "Port of the service.",
          { targetPort: required(intOrString("Port of the pods, as a number or name.")) },
          { name: `${api}.RoutePort` },
        ),
        tls: tlsConfig,
        httpHeaders,
        wildcardPolicy: oneOf(["None", "Subdomain"], "Whether subdomains of the host are served.", {
          default: "None",
        }),
      },
      { name: `${api}.RouteSpec` },
    ),
  ),
  status: object(
    "What routers make of it.",
    { ingress: array(ingress, "One entry a router.") },
    { name: `${api}.RouteStatus` },
  ),
};
const schema = object("", fields);
export interface Route extends KubeObject, Infer<typeof schema> {}

function hostCell({ spec, status }: Route): string {
  const ingress = status?.ingress ?? [];
  const host = spec.host ?? ingress[0]?.host ?? "";
  const refused = ingress
    .map(({ conditions }) => findCondition(conditions, "Admitted"))
    .find((each) => each?.status === "False");
  return refused === undefined || isAdmitted(ingress) ? host : (refused.reason ?? "NotAdmitted");
}

function isAdmitted(ingress: readonly { conditions?: Condition[] | undefined }[]): boolean {
  return ingress.some(({ conditions }) => isConditionTrue(conditions, "Admitted"));
}

function servicesCell({ spec }: Route): string {
  const targets = [spec.to, ...(spec.alternateBackends ?? [])];
  if (targets.length === 1) return spec.to.name;
  const sum = targets.reduce((total, { weight = 100 }) => total + weight, 0);
  return targets
    .map(({ name, weight = 100 }) => `${name}(${sum === 0 ? 0 : Math.round((100 * weight) / sum)}%)`)
    .join(",");
}

function terminationCell({ spec }: Route): string {
  const { termination, insecureEdgeTerminationPolicy: insecure = "" } = spec.tls ?? {};
  if (termination === undefined) return "";
  return insecure === "" || insecure === "None" ? termination : `${termination}/${insecure}`;
}

export const route = defineKind<Route>({
  group: "route.openshift.io",
  version: "v1",
  kind: "Route",
  plural: "routes",
  categories: ["all"],
  description: "Leads requests for a host to a service.",
  fields,
  columns: [
    {
      name: "Host/Port",
      type: "string",
      description: "Host of the requests, or why it is not served.",
      value: hostCell,
    },
    {
      name: "Path",
      type: "string",
      description: "Start of the paths.",
      value: ({ spec }) => spec.path ?? "",
    },
    {
      name: "Services",
      type: "string",
      description: "Services that get the requests, with their share.",
      value: servicesCell,
    },
    {
      name: "Port",
      type: "string",
      description: "Port of the service.",
      value: ({ spec }) => String(spec.port?.targetPort ?? "<all>"),
    },
    { name: "Termination", type: "string", description: "Where TLS ends.", value: terminationCell },
    {
      name: "Wildcard",
      type: "string",
      description: "Whether subdomains are served.",
      value: ({ spec }) => spec.wildcardPolicy ?? "None",
    },
  ],
  validate: (given) => [
    ...routeErrors(given.spec),
    ...httpHeaderErrors(given.spec.httpHeaders, "spec.httpHeaders"),
    ...settingErrors(given),
    ...acmeErrors(given),
    ...tcpErrors(given),
    ...passthroughErrors(given),
  ],
  selectableFields: {
    "spec.host": ({ spec }) => spec.host ?? "",
    "spec.path": ({ spec }) => spec.path ?? "",
    "spec.to.name": ({ spec }) => spec.to.name,
  },
  subresources: [{ name: "log", verbs: ["get"] }],
});
