import { defineKind } from "../../../define.ts";
import { typedLocalObjectReference } from "../../core/references.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, integer, object, oneOf, required, string, type Infer } from "../../../schema.ts";
import { acmeErrors } from "../../route/route/acme.ts";
import { settingErrors } from "../../route/route/route-settings.ts";
import { ingressErrors } from "./validate-ingress.ts";

const api = "io.k8s.api.networking.v1";

const servicePort = object(
  "A port of the Service, by name or by number.",
  {
    name: string("Name of the port."),
    number: integer("Number of the port, as the Service has it."),
  },
  { name: `${api}.ServiceBackendPort` },
);

const backend = object(
  "What gets the requests: a Service, or another object.",
  {
    service: object(
      "A Service of the same namespace.",
      { name: required(string("Name of the Service.")), port: servicePort },
      { name: `${api}.IngressServiceBackend` },
    ),
    resource: typedLocalObjectReference,
  },
  { name: `${api}.IngressBackend` },
);
export interface IngressBackend extends Infer<typeof backend> {}

const path = object(
  "A path of the host, and what gets its requests.",
  {
    path: string("Path of the requests; begins with /."),
    pathType: required(
      oneOf(
        ["Exact", "ImplementationSpecific", "Prefix"],
        "Whether the path is the whole (Exact), or its start in whole parts (Prefix); ImplementationSpecific is Prefix here.",
      ),
    ),
    backend: required(backend),
  },
  { name: `${api}.HTTPIngressPath` },
);

const rule = object(
  "Paths of a host.",
  {
    host: string("Host of the requests, perhaps *.example.com; every host when absent."),
    http: object(
      "Paths and what gets their requests.",
      { paths: required(array(path, "The paths; the longest that fits counts.")) },
      { name: `${api}.HTTPIngressRuleValue` },
    ),
  },
  { name: `${api}.IngressRule` },
);

const tls = object(
  "Hosts that answer over TLS.",
  {
    hosts: array(string("A host, perhaps *.example.com."), "The hosts; all of the Ingress when absent."),
    secretName: string("Secret of type kubernetes.io/tls with the certificate and its key."),
  },
  { name: `${api}.IngressTLS` },
);

const address = object(
  "An address at which requests come in.",
  {
    ip: string("Address."),
    hostname: string("Name."),
    ports: array(
      object(
        "A port.",
        {
          port: required(integer("Number.")),
          protocol: required(string("TCP, UDP or SCTP.")),
          error: string("What is wrong with it, in a word."),
        },
        { name: `${api}.IngressPortStatus` },
      ),
      "The ports.",
    ),
  },
  { name: `${api}.IngressLoadBalancerIngress` },
);

const fields = {
  spec: required(
    object(
      "Which requests go where.",
      {
        ingressClassName: string(
          "Name of the IngressClass, which says who serves it; the default one when absent.",
        ),
        defaultBackend: backend,
        tls: array(tls, "Hosts that answer over TLS."),
        rules: array(rule, "Hosts and paths; everything goes to defaultBackend when there are none."),
      },
      { name: `${api}.IngressSpec` },
    ),
  ),
  status: object(
    "Where it is served.",
    {
      loadBalancer: object(
        "Where requests come in.",
        { ingress: array(address, "The addresses; none while it is not served.") },
        { name: `${api}.IngressLoadBalancerStatus` },
      ),
    },
    { name: `${api}.IngressStatus` },
  ),
};
const schema = object("", fields);
export interface Ingress extends KubeObject, Infer<typeof schema> {}

/** What named the class before there were IngressClasses. */
export const ingressClassAnnotation = "kubernetes.io/ingress.class";

const hostsShownMax = 3;

function hostsCell({ spec: { rules = [] } }: Ingress): string {
  const hosts = rules.flatMap(({ host = "" }) => (host === "" ? [] : [host]));
  if (hosts.length === 0) return "*";
  const more = hosts.length - hostsShownMax;
  const shown = hosts.slice(0, hostsShownMax).join(",");
  return more > 0 ? `${shown} + ${more} more...` : shown;
}

export const ingress = defineKind<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  shortNames: ["ing"],
  description: "Leads requests for hosts and paths to Services.",
  fields,
  columns: [
    {
      name: "Class",
      type: "string",
      description: "Name of the IngressClass.",
      value: ({ spec, metadata }) =>
        spec.ingressClassName ?? metadata.annotations?.[ingressClassAnnotation] ?? "<none>",
    },
    { name: "Hosts", type: "string", description: "Hosts of the requests.", value: hostsCell },
    {
      name: "Address",
      type: "string",
      description: "Where requests come in.",
      value: ({ status }) =>
        (status?.loadBalancer?.ingress ?? []).map(({ ip = "", hostname = "" }) => ip || hostname).join(","),
    },
    {
      name: "Ports",
      type: "string",
      description: "Usual ports of what it is served over.",
      value: ({ spec }) => ((spec.tls ?? []).length > 0 ? "80, 443" : "80"),
    },
  ],
  validate: (given) => [...ingressErrors(given.spec), ...settingErrors(given), ...acmeErrors(given)],
});
