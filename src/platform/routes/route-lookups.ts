/** How a frontend finds the backend of a request, in HAProxy's maps. What no route needs is not looked for. Pure. */

export interface Lookups {
  readonly paths: boolean;
  readonly wildcards: boolean;
}

/** The host that the request asks for. */
const host = "req.fhdr(host),host_only,lower";
const wildcard = `${host},regsub(^[^.]*,*)`;

type Map = ReadonlyMap<string, string>;

export function lookupsOf(hosts: Map, paths: Map): Lookups {
  const names = [...hosts.keys(), ...paths.keys()];
  return { paths: paths.size > 0, wildcards: names.some((name) => name.startsWith("*")) };
}

/** The longest path of the host, then the host, then the same for all names beside it. */
export function lookupLines({ paths, wildcards }: Lookups, maps = ""): readonly string[] {
  const byPath = (name: string): string => `${name},concat(,txn.path,/),map_beg(${maps}paths.map)`;
  const byHost = (name: string): string => `${name},map_str(${maps}hosts.map)`;
  const found = (expression: string): string => `use_backend %[${expression}] if { ${expression} -m found }`;
  return [
    ...(paths ? ["http-request set-var(txn.path) path", found(byPath(host))] : []),
    ...(wildcards ? [found(byHost(host)), ...(paths ? [found(byPath(wildcard))] : [])] : []),
    `use_backend %[${byHost(wildcards ? wildcard : host)}]`,
  ];
}
