/** The columns of services. */

import { labelsCell, orNone } from "../../../cells.ts";
import type { Column } from "../../../kind.ts";
import type { KubeObject } from "../../../meta.ts";
import type { ServiceSpec, ServiceStatus } from "./service-spec.ts";

interface ServiceLike extends KubeObject {
  spec: ServiceSpec;
  status?: ServiceStatus | undefined;
}

function externalCell({ spec, status }: ServiceLike): string {
  const { externalIPs = [], externalName } = spec;
  if (spec.type === "ExternalName") return orNone(externalName);
  if (spec.type !== "LoadBalancer") return orNone(externalIPs.join(","));
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? "");
  const all = [...ingress, ...externalIPs].join(",");
  return all === "" ? "<pending>" : all;
}

function portsCell({ spec }: ServiceLike): string {
  const texts = (spec.ports ?? []).map(({ port, nodePort = 0, protocol = "TCP" }) =>
    nodePort === 0 ? `${port}/${protocol}` : `${port}:${nodePort}/${protocol}`,
  );
  return orNone(texts.join(","));
}

export const serviceColumns: readonly Column<ServiceLike>[] = [
  {
    name: "Type",
    type: "string",
    description: "How the service is reached.",
    value: ({ spec }) => spec.type ?? "",
  },
  {
    name: "Cluster-IP",
    type: "string",
    description: "Address of the service.",
    value: ({ spec }) => orNone(spec.clusterIPs?.[0] ?? spec.clusterIP),
  },
  { name: "External-IP", type: "string", description: "Addresses from outside.", value: externalCell },
  { name: "Port(s)", type: "string", description: "Ports of the service.", value: portsCell },
  {
    name: "Selector",
    type: "string",
    priority: 1,
    description: "Labels of the pods that serve.",
    value: ({ spec }) => labelsCell(spec.selector),
  },
];
