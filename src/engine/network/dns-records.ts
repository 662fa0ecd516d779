/** The names of services as lines of a hosts file, which dnsmasq answers from. */

import { isIPv4 } from "node:net";
import type { EndpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import type { Service } from "../../model/kinds/core/service/service.ts";

export interface NamedService {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
}

/** Sorted, so that the same services make the same text. */
export function hostsFile(services: readonly NamedService[], clusterDomain: string): string {
  const lines = services.flatMap((named) => linesOf(named, clusterDomain));
  return [...new Set(lines)]
    .sort()
    .map((line) => `${line}\n`)
    .join("");
}

function linesOf({ service, slices }: NamedService, clusterDomain: string): string[] {
  const { name, namespace } = service.metadata;
  const { clusterIP = "", type } = service.spec;
  const host = `${name}.${namespace}.svc.${clusterDomain}`;
  if (type === "ExternalName") return [];
  if (isIPv4(clusterIP)) return [`${clusterIP} ${host}`];
  // Without an address of its own, the name stands for the pods themselves.
  const endpoints = slices
    .filter(({ addressType }) => addressType === "IPv4")
    .flatMap((slice) => slice.endpoints)
    .filter(({ conditions }) => conditions?.ready !== false);
  return endpoints.flatMap(({ addresses: [address], hostname }) => {
    if (address === undefined || !isIPv4(address)) return [];
    return hostname === undefined
      ? [`${address} ${host}`]
      : [`${address} ${host}`, `${address} ${hostname}.${host}`];
  });
}
