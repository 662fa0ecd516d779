/** How a frontend finds the backend of a request, in HAProxy's maps. What no route needs is not looked for. Pure. */

export interface Lookups {
  /** Whole paths. */
  readonly exact: boolean;
  /** Starts of paths. */
  readonly paths: boolean;
  readonly wildcards: boolean;
  /** What is asked of hosts that nobody has. */
  readonly anyHost: boolean;
}

/** The host that the request asks for. */
export const requestedHost = "req.fhdr(host),host_only,lower";
/** All names beside it. */
export const wildcardHost = `${requestedHost},regsub(^[^.]*,*)`;
const anyHost = "str(*)";

type Map = ReadonlyMap<string, string>;

const none: Map = new Map();

export function lookupsOf(hosts: Map, paths: Map = none, exact: Map = none): Lookups {
  const names = [...hosts.keys(), ...paths.keys(), ...exact.keys()];
  return {
    exact: exact.size > 0,
    paths: paths.size > 0,
    wildcards: names.some((name) => name.startsWith("*.")),
    anyHost: names.some((name) => name === "*" || name.startsWith("*/")),
  };
}

/**
 * The whole path of the host, then its longest start, then the host; then the same for all names beside it, and for hosts
 * that nobody has.
 */
export function lookupLines(lookups: Lookups, maps = ""): readonly string[] {
  const { exact, paths } = lookups;
  const names = [
    requestedHost,
    ...(lookups.wildcards ? [wildcardHost] : []),
    ...(lookups.anyHost ? [anyHost] : []),
  ];
  const lines = names.flatMap((name, index) => {
    const byHost = `${name},map_str(${maps}hosts.map)`;
    return [
      ...(exact ? [found(`${name},concat(,txn.path),map_str(${maps}exact.map)`)] : []),
      ...(paths ? [found(`${name},concat(,txn.path,/),map_beg(${maps}paths.map)`)] : []),
      index < names.length - 1 ? found(byHost) : `use_backend %[${byHost}]`,
    ];
  });
  return [...(exact || paths ? ["http-request set-var(txn.path) path"] : []), ...lines];
}

function found(expression: string): string {
  return `use_backend %[${expression}] if { ${expression} -m found }`;
}
