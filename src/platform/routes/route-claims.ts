/**
 * Which route has which host: the oldest, as OpenShift has it. The others are told who was there first. A host belongs to
 * the namespace of its oldest route, so that nobody takes a path of somebody else's site. Pure.
 */

import { httpHeaderErrors } from "../../model/kinds/route/route/http-headers.ts";
import { passthroughErrors } from "../../model/kinds/route/route/passthrough.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import { settingErrors } from "../../model/kinds/route/route/route-settings.ts";
import { targetErrors } from "../../model/kinds/route/route/validate-route.ts";
import { checkDnsSubdomain } from "../../model/names.ts";
import type { Exposed } from "./exposed.ts";
import { tlsMistake } from "./tls/route-tls.ts";

export interface ClaimOptions {
  /** Hosts without one of their own get a name below it. */
  readonly domain: string;
  /** Hosts that the platform itself answers. */
  readonly reservedHosts: readonly string[];
}

/**
 * The host is as the router looks it up: `*.example.com` for all names right below example.com, `*` for all that nobody
 * has.
 */
export type Admission =
  | { readonly admitted: true; readonly host: string }
  | { readonly admitted: false; readonly host: string; readonly reason: string; readonly message: string };

const pathSyntax = /^(|\/[\w\-.~!$&'()*+,;=:@%/]*)$/;

/** To be given what is exposed oldest first. */
export class RouteClaims {
  readonly #options: ClaimOptions;
  /** Who has it, by host and path. */
  readonly #paths = new Map<string, Exposed>();
  /** Namespace by host. */
  readonly #owners = new Map<string, string>();
  /** Hosts right below a wildcard, by it. */
  readonly #below = new Map<string, string[]>();

  constructor(options: ClaimOptions) {
    this.#options = options;
  }

  admit(exposed: Exposed): Admission {
    const { route } = exposed;
    const host = exposed.isAnyHost ? "*" : routeHost(route, this.#options.domain);
    const problem = this.#mistake(exposed, host) ?? this.#conflict(exposed, host);
    if (problem !== undefined) return { admitted: false, host: shownHost(route, host), ...problem };
    this.#paths.set(placeOf(exposed, host), exposed);
    if (!this.#owners.has(host)) this.#own(host, route.metadata.namespace ?? "");
    return { admitted: true, host };
  }

  #own(host: string, namespace: string): void {
    this.#owners.set(host, namespace);
    const wildcard = wildcardOf(host);
    if (wildcard === host) return;
    const below = this.#below.get(wildcard);
    if (below === undefined) this.#below.set(wildcard, [host]);
    else below.push(host);
  }

  #mistake({ route, isAnyHost, refusal }: Exposed, host: string): Problem | undefined {
    const wrong = (message: string): Problem => ({ reason: "ExtendedValidationFailed", message });
    const named = host.replace(/^\*\./, "");
    const wrongHost = isAnyHost ? undefined : checkDnsSubdomain(named);
    if (wrongHost !== undefined) return wrong(`spec.host: "${named}": ${wrongHost}`);
    if (!pathSyntax.test(routePath(route)))
      return wrong(`spec.path: "${routePath(route)}": must be the start of a URL path`);
    if (this.#options.reservedHosts.includes(host))
      return { reason: "HostReserved", message: `the host "${host}" belongs to the platform` };
    if (host === `*.${this.#options.domain}`)
      return { reason: "HostReserved", message: `the names below "${this.#options.domain}" are the apps'` };
    const [error] = [
      ...targetErrors(route.spec),
      ...settingErrors(route),
      ...passthroughErrors(route),
      ...httpHeaderErrors(route.spec.httpHeaders, "spec.httpHeaders"),
    ];
    if (error !== undefined) return wrong(`${error.path}: ${error.detail}`);
    const tls = refusal ?? tlsMistake(route);
    return tls === undefined ? undefined : wrong(tls);
  }

  #conflict(exposed: Exposed, host: string): Problem | undefined {
    const reason = "HostAlreadyClaimed";
    const { owner, route } = exposed;
    const { namespace = "", name = "" } = route.metadata;
    const shown = `${host}${routePath(route)}`;
    const same = this.#paths.get(placeOf(exposed, host));
    if (same?.owner === owner) return { reason, message: `it names ${shown} twice` };
    if (same?.route.metadata.namespace === namespace && same !== undefined)
      return { reason, message: `${same.owner} already exposes ${shown} and is older` };
    // A wildcard has what its neighbours leave: other paths of their hosts.
    for (const claimed of [host, wildcardOf(host), ...(this.#below.get(host) ?? [])]) {
      const holder = this.#owners.get(claimed);
      if (holder === undefined || holder === namespace) continue;
      return { reason, message: `a route in another namespace holds ${claimed} and is older than ${name}` };
    }
    return undefined;
  }
}

/** Of the names beside a host. */
function wildcardOf(host: string): string {
  return host.includes(".") ? host.replace(/^[^.]*/, "*") : host;
}

/** A whole path and the start of paths are no conflict. */
function placeOf({ route, isExact }: Exposed, host: string): string {
  return isExact ? `${host}${route.spec.path ?? ""} exactly` : `${host}${routePath(route)}`;
}

interface Problem {
  readonly reason: string;
  readonly message: string;
}

/** As the router looks it up. A route with `wildcardPolicy: Subdomain` has all names beside its own, as OpenShift has it. */
function routeHost(route: Route, domain: string): string {
  const host = ownHost(route, domain);
  return route.spec.wildcardPolicy === "Subdomain" ? host.replace(/^[^.]*/, "*") : host;
}

function ownHost({ spec, metadata }: Route, domain: string): string {
  const { host, subdomain } = spec;
  if (host !== undefined && host !== "") return host.toLowerCase();
  if (subdomain !== undefined && subdomain !== "") return `${subdomain.toLowerCase()}.${domain}`;
  return `${metadata.name}-${metadata.namespace}.${domain}`;
}

function shownHost({ spec }: Route, host: string): string {
  return spec.wildcardPolicy === "Subdomain" && spec.host !== undefined ? spec.host : host;
}

/** Without a final slash: `/api` and `/api/` are the same path. */
export function routePath(route: Route): string {
  return (route.spec.path ?? "").replace(/\/+$/, "");
}
