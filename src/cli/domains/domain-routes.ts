/** The Routes that an app's domains have become, and what the router says of them. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { findCondition } from "../../model/conditions.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { parseDomain } from "../../model/kinds/nagi/app/app-domain.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { isPassthrough } from "../../model/kinds/route/route/passthrough.ts";
import { tcpName, tcpPortOf } from "../../model/kinds/route/route/tcp-port.ts";
import type { CommandContext } from "../command.ts";

export interface Admitted {
  /** Undefined while no router has said anything. */
  readonly isAdmitted: boolean | undefined;
  /** Why it is refused. */
  readonly message: string;
}

/** Of HTTP: those of the app's domains. */
export async function routesOf(context: CommandContext, found: App): Promise<readonly Route[]> {
  return (await allRoutesOf(context, found)).filter((each) => tcpPortOf(each) === undefined);
}

/** Those of TCP included. */
export async function allRoutesOf(context: CommandContext, { metadata }: App): Promise<readonly Route[]> {
  const client = await context.client();
  const labelSelector = `${appLabel}=${metadata.name}`;
  return (await client.list(route, { namespace: metadata.namespace, labelSelector })).items;
}

/** The router reads what is said there: neither TCP, nor TLS that passes through. */
export function isHttp(each: Route): boolean {
  return tcpPortOf(each) === undefined && !isPassthrough(each);
}

/** The one of `shop.example.com`, `*.example.com` or `example.com/shop`. */
export function routeOfDomain(routes: readonly Route[], domain: string): Route | undefined {
  const wanted = normalDomain(domain);
  return routes.find((each) => domainOf(each) === wanted);
}

/** As people write it: the inverse of what the app's controller makes of a domain. */
export function domainOf(each: Route): string {
  const { spec, status } = each;
  const port = tcpPortOf(each);
  if (port !== undefined) return tcpName(port);
  const host = spec.host ?? status?.ingress?.[0]?.host ?? "";
  const shown = spec.wildcardPolicy === "Subdomain" ? host.replace(/^[^.]*/, "*") : host;
  return `${shown}${(spec.path ?? "").replace(/\/+$/, "")}`;
}

export function normalDomain(domain: string): string {
  const { host = domain, isWildcard = false, path = "" } = parseDomain(domain) ?? {};
  return `${isWildcard ? "*." : ""}${host}${path}`;
}

export function admissionOf({ status }: Route): Admitted {
  const conditions = (status?.ingress ?? []).map((entry) => findCondition(entry.conditions, "Admitted"));
  const refused = conditions.find((each) => each?.status === "False");
  if (refused !== undefined)
    return { isAdmitted: false, message: refused.message ?? refused.reason ?? "refused" };
  const isAdmitted = conditions.some((each) => each?.status === "True") ? true : undefined;
  return { isAdmitted, message: "" };
}
