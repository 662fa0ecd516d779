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
  const all = lookupsInOrder(lookups, maps);
  const lines = all.map((each, index) =>
    index < all.length - 1 ? `use_backend %[${each}] if { ${each} -m found }` : `use_backend %[${each}]`,
  );
  return [...pathLines(lookups), ...lines];
}

/** For a backend that answers in a route's place: its line of the access log names that of the route. */
export function standInLines(lookups: Lookups, maps: string): readonly string[] {
  const lines = lookupsInOrder(lookups, maps).map(
    (each) => `http-request set-var(txn.of) ${each} unless { var(txn.of) -m found }`,
  );
  return [...pathLines(lookups), ...lines];
}

function pathLines({ exact, paths }: Lookups): readonly string[] {
  return exact || paths ? ["http-request set-var(txn.path) path"] : [];
}

function lookupsInOrder(lookups: Lookups, maps: string): readonly string[] {
  const { exact, paths } = lookups;
  const names = [
    requestedHost,
    ...(lookups.wildcards ? [wildcardHost] : []),
    ...(lookups.anyHost ? [anyHost] : []),
  ];
  return names.flatMap((name) => [
    ...(exact ? [`${name},concat(,txn.path),map_str(${maps}exact.map)`] : []),
    ...(paths ? [`${name},concat(,txn.path,/),map_beg(${maps}paths.map)`] : []),
    `${name},map_str(${maps}hosts.map)`,
  ]);
}
