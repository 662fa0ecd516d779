/** HAProxy's maps: what it looks up while it runs, and what can be changed then. Pure. */

import type { BackendFrame } from "./backend-frame.ts";
import { challengePath } from "./acme/acme-orders.ts";
import type { RouteRule, RouteTable } from "./route-table.ts";
import { ownTlsBackend, withoutTls } from "./tls/tls-frontends.ts";

/** Maps by file name. */
export interface HaproxyMaps {
  /** Host to backend. */
  readonly "hosts.map": ReadonlyMap<string, string>;
  /** Host, path and a slash, to backend: the longest start wins. */
  readonly "paths.map": ReadonlyMap<string, string>;
  /** Host and path, to backend, of paths that are whole ones. */
  readonly "exact.map": ReadonlyMap<string, string>;
  /** Backend to what a request is told when no server of it takes it. */
  readonly "reasons.map": ReadonlyMap<string, string>;
  /** As the first three, for requests over TLS. */
  readonly "https-hosts.map": ReadonlyMap<string, string>;
  readonly "https-paths.map": ReadonlyMap<string, string>;
  readonly "https-exact.map": ReadonlyMap<string, string>;
  /** Host to backend, of connections whose TLS is the app's; and the hosts beside those whose TLS is the router's own. */
  readonly "sni.map": ReadonlyMap<string, string>;
  /** Host, path and a slash, to what visitors are told while it is worked on. */
  readonly "maintenance.map": ReadonlyMap<string, string>;
  /** Host and path, to the answer, by which an ACME authority sees whose the host is. */
  readonly "acme.map": ReadonlyMap<string, string>;
}

export const mapNames = [
  "hosts.map",
  "paths.map",
  "exact.map",
  "reasons.map",
  "https-hosts.map",
  "https-paths.map",
  "https-exact.map",
  "sni.map",
  "maintenance.map",
  "acme.map",
] as const;

export const platformBackend = "nagi:platform";
export const acmeBackend = "nagi:acme";
export const maintenanceBackend = "nagi:maintenance";

/** How requests are led that come over HTTP, or over TLS. */
class Places {
  readonly hosts: Map<string, string>;
  readonly paths = new Map<string, string>();
  readonly exact = new Map<string, string>();

  constructor(platformHosts: readonly string[]) {
    this.hosts = new Map(platformHosts.map((name) => [name, platformBackend]));
  }

  lead({ host, path, isExact }: RouteRule, backend: string): void {
    if (isExact) this.exact.set(`${host}${path}`, backend);
    else if (path === "") this.hosts.set(host, backend);
    else this.paths.set(`${host}${path}/`, backend);
  }
}

export function renderMaps(
  platformHosts: readonly string[],
  table: RouteTable,
  frame: BackendFrame,
  challenges: ReadonlyMap<string, string>,
): HaproxyMaps {
  const plain = new Places(platformHosts);
  const overTls = new Places(platformHosts);
  const passedThrough = new Map<string, string>();
  const ownTls = new Set(platformHosts);
  const reasons = new Map<string, string>();
  const resting = new Map<string, string>();
  for (const rule of table.rules) {
    const { host: name, backend, tls, maintenance } = rule;
    const id = maintenance === undefined ? (frame.assigned[backend] ?? "") : maintenanceBackend;
    if (maintenance !== undefined) resting.set(`${name}${rule.path}/`, maintenance);
    plain.lead(rule, tls === undefined || tls.insecure === "Allow" ? id : withoutTls[tls.insecure]);
    if (tls === undefined) continue;
    if (tls.termination === "passthrough") {
      passedThrough.set(name, frame.assigned[backend] ?? "");
      continue;
    }
    ownTls.add(name);
    overTls.lead(rule, id);
  }
  // Before what leads to HTTPS or to the app: the authority asks over HTTP.
  for (const { names, dnsHook } of table.orders)
    if (dnsHook === undefined)
      for (const name of names) plain.paths.set(`${name}${challengePath}/`, acmeBackend);
  for (const { name, app, endpoints, emptyReason } of table.backends) {
    const why = endpoints.length > 0 ? "no instance of it accepts connections" : emptyReason;
    reasons.set(
      frame.assigned[name] ?? "",
      `app ${app}: ${why}. See: nagi ps -a ${app}, nagi logs -a ${app}`,
    );
  }
  return {
    "hosts.map": plain.hosts,
    "paths.map": plain.paths,
    "exact.map": plain.exact,
    "reasons.map": reasons,
    "https-hosts.map": overTls.hosts,
    "https-paths.map": overTls.paths,
    "https-exact.map": overTls.exact,
    "sni.map": byName(passedThrough, ownTls),
    "maintenance.map": resting,
    "acme.map": challenges,
  };
}

/** The more exact wins: a host of the router's own TLS is no wildcard's whose TLS is the app's. */
function byName(
  passedThrough: ReadonlyMap<string, string>,
  ownTls: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const covered = [...ownTls].filter((host) => passedThrough.has(host.replace(/^[^.]*/, "*")));
  return new Map([...covered.map((host) => [host, ownTlsBackend] as const), ...passedThrough]);
}

export function mapText(map: ReadonlyMap<string, string>): string {
  return [...map].map(([key, value]) => `${key} ${value}\n`).join("");
}
