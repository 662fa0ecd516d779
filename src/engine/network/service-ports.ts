/** From services and their slices to what the proxy shall do: each address and port, and who answers there. */

import { isIPv4 } from "node:net";
import type { Endpoint, EndpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import type { Service } from "../../model/kinds/core/service/service.ts";

export type Protocol = "tcp" | "udp" | "sctp";

export interface Backend {
  readonly address: string;
  readonly port: number;
}

export interface ServicePortRoute {
  /** `namespace/service/protocol/port`, unique. */
  readonly name: string;
  readonly clusterIP: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** Sorted, each once; none: connections are refused. */
  readonly backends: readonly Backend[];
  /** A client stays with its backend until it has been quiet for so long; undefined: any backend, any time. */
  readonly affinitySeconds: number | undefined;
}

const defaultAffinitySeconds = 10_800;
export function routesOf(service: Service, slices: readonly EndpointSlice[]): ServicePortRoute[] {
  const { clusterIP = "", type, ports = [], sessionAffinity, sessionAffinityConfig } = service.spec;
  if (type === "ExternalName" || !isIPv4(clusterIP)) return [];
  const affinity = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds;
  return ports.map((port) => {
    const protocol = protocolOf(port.protocol);
    return {
      name: `${service.metadata.namespace}/${service.metadata.name}/${protocol}/${port.port}`,
      clusterIP,
      protocol,
      port: port.port,
      backends: backendsOf(slices, port.name ?? "", protocol),
      affinitySeconds: sessionAffinity === "ClientIP" ? affinity : undefined,
    };
  });
}

function protocolOf(text: "TCP" | "UDP" | "SCTP" | undefined): Protocol {
  if (text === "UDP") return "udp";
  return text === "SCTP" ? "sctp" : "tcp";
}

/** Ready ones; when there is none, those that still serve while they end, rather than nobody. */
function backendsOf(slices: readonly EndpointSlice[], portName: string, protocol: Protocol): Backend[] {
  const ready = backendsWhere(
    slices,
    { portName, protocol },
    (endpoint) => endpoint.conditions?.ready !== false,
  );
  if (ready.length > 0) return ready;
  return backendsWhere(
    slices,
    { portName, protocol },
    ({ conditions }) => conditions?.serving === true && conditions.terminating === true,
  );
}

function backendsWhere(
  slices: readonly EndpointSlice[],
  wanted: { readonly portName: string; readonly protocol: Protocol },
  holds: (endpoint: Endpoint) => boolean,
): Backend[] {
  const found = new Map<string, Backend>();
  for (const slice of slices) {
    const port = slice.ports?.find(
      ({ name, protocol }) => (name ?? "") === wanted.portName && protocolOf(protocol) === wanted.protocol,
    )?.port;
    if (port === undefined || slice.addressType !== "IPv4") continue;
    for (const endpoint of slice.endpoints.filter(holds)) {
      const address = endpoint.addresses[0];
      if (address !== undefined && isIPv4(address)) found.set(`${address}:${port}`, { address, port });
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, backend]) => backend);
}
