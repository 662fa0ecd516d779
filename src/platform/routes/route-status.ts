/** What the router says of a route: `status.ingress`, in OpenShift's words. */

import { setCondition } from "../../model/conditions.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import type { Condition } from "../../model/meta.ts";
import type { Admission } from "./route-table.ts";

export type RouteStatus = NonNullable<Route["status"]>;

export interface StatusOptions {
  readonly routerName: string;
  readonly domain: string;
  readonly nowIso: string;
}

/** The status that the route should have; undefined when it has it. Entries of other routers stay. */
export function statusFor(
  route: Route,
  admission: Admission,
  options: StatusOptions,
): RouteStatus | undefined {
  const { routerName, domain, nowIso } = options;
  const present = route.status?.ingress ?? [];
  const index = present.findIndex((entry) => entry.routerName === routerName);
  const known = present[index];
  const conditions = setCondition(known?.conditions, admittedCondition(admission), nowIso);
  const entry = {
    host: admission.host,
    routerName,
    routerCanonicalHostname: domain,
    wildcardPolicy: "None",
    conditions: [...conditions],
  };
  if (conditions === known?.conditions && known.host === entry.host) return undefined;
  return { ingress: index < 0 ? [...present, entry] : present.with(index, entry) };
}

function admittedCondition(admission: Admission): Condition {
  if (admission.admitted) return { type: "Admitted", status: "True" };
  const { reason, message } = admission;
  return { type: "Admitted", status: "False", reason, message };
}
