/** How a frontend finds the backend of a request, in HAProxy's maps. What no route needs is not looked for. Pure. */

import type { RouteRule } from "./route-table.ts";

export interface Lookups {
  readonly paths: boolean;
  readonly wildcards: boolean;
}

/** The host that the request asks for. */
const host = "req.fhdr(host),host_only,lower";
const wildcard = `${host},regsub(^[^.]*,*)`;

export function lookupsOf(rules: readonly RouteRule[]): Lookups {
  return {
    paths: rules.some(({ path }) => path !== ""),
    wildcards: rules.some(({ host: name }) => name.startsWith("*")),
  };
}

/** The longest path of the host, then the host, then the same for all names beside it. */
export function lookupLines({ paths, wildcards }: Lookups): readonly string[] {
  const byPath = (name: string): string => `${name},concat(,txn.path,/),map_beg(paths.map)`;
  const byHost = (name: string): string => `${name},map_str(hosts.map)`;
  const found = (expression: string): string => `use_backend %[${expression}] if { ${expression} -m found }`;
  return [
    ...(paths ? ["http-request set-var(txn.path) path", found(byPath(host))] : []),
    ...(wildcards ? [found(byHost(host)), ...(paths ? [found(byPath(wildcard))] : [])] : []),
    `use_backend %[${byHost(wildcards ? wildcard : host)}]`,
  ];
}
