/** The Routes that an app's domains have become, and what the router says of them. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { findCondition } from "../../model/conditions.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { parseDomain } from "../../model/kinds/nagi/app/app-domain.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import type { CommandContext } from "../command.ts";

export interface Admitted {
  /** Undefined while no router has said anything. */
  readonly isAdmitted: boolean | undefined;
  /** Why it is refused. */
  readonly message: string;
}

export async function routesOf(context: CommandContext, { metadata }: App): Promise<readonly Route[]> {
  const client = await context.client();
  const labelSelector = `${appLabel}=${metadata.name}`;
  return (await client.list(route, { namespace: metadata.namespace, labelSelector })).items;
}

/** The one of `shop.example.com`, `*.example.com` or `example.com/shop`. */
export function routeOfDomain(routes: readonly Route[], domain: string): Route | undefined {
  const wanted = normalDomain(domain);
  return routes.find((each) => domainOf(each) === wanted);
}

/** As people write it: the inverse of what the app's controller makes of a domain. */
export function domainOf({ spec, status }: Route): string {
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
