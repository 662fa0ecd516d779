/** What the router says of a route: `status.ingress`, in OpenShift's words. */

import { setCondition, withoutCondition } from "../../model/conditions.ts";
import { certificateType } from "../../model/kinds/route/route/acme.ts";
import { inForceCondition, inForceType } from "../../model/kinds/route/route/in-force.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import { servedCondition, servedType } from "../../model/kinds/route/route/served.ts";
import type { Condition } from "../../model/meta.ts";
import type { Admission } from "./route-claims.ts";

export type RouteStatus = NonNullable<Route["status"]>;

export interface StatusOptions {
  readonly routerName: string;
  readonly domain: string;
  readonly nowIso: string;
  /** Of the endpoints that get requests; absent for a route that is not served. */
  readonly addresses?: readonly string[] | undefined;
  /** What became of its certificate of an ACME authority; absent for a route that wants none. */
  readonly certificate?: Condition | undefined;
}

/** The status that the route should have; undefined when it has it. Entries of other routers stay. */
export function statusFor(
  route: Route,
  admission: Admission,
  options: StatusOptions,
): RouteStatus | undefined {
  const { routerName, domain, nowIso, addresses, certificate } = options;
  const present = route.status?.ingress ?? [];
  const index = present.findIndex((entry) => entry.routerName === routerName);
  const known = present[index];
  const admitted = setCondition(known?.conditions, admittedCondition(admission), nowIso);
  const served =
    addresses === undefined
      ? withoutCondition(admitted, servedType)
      : setCondition(admitted, servedCondition(addresses), nowIso);
  const inForce = admission.admitted ? inForceCondition(route) : undefined;
  const conditions = withOrWithout(
    withOrWithout(served, certificateType, certificate, nowIso),
    inForceType,
    inForce,
    nowIso,
  );
  const isWildcard = route.spec.wildcardPolicy === "Subdomain";
  const entry = {
    host: isWildcard ? route.spec.host : admission.host,
    routerName,
    routerCanonicalHostname: domain,
    wildcardPolicy: isWildcard ? "Subdomain" : "None",
    conditions: [...conditions],
  };
  const isSame = known?.host === entry.host && known?.wildcardPolicy === entry.wildcardPolicy;
  if (conditions === known?.conditions && isSame) return undefined;
  return { ingress: index < 0 ? [...present, entry] : present.with(index, entry) };
}

function withOrWithout(
  conditions: readonly Condition[],
  type: string,
  wanted: Condition | undefined,
  nowIso: string,
): readonly Condition[] {
  return wanted === undefined ? withoutCondition(conditions, type) : setCondition(conditions, wanted, nowIso);
}

function admittedCondition(admission: Admission): Condition {
  if (admission.admitted) return { type: "Admitted", status: "True" };
  const { reason, message } = admission;
  return { type: "Admitted", status: "False", reason, message };
}
