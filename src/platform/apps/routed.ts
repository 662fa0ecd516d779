/** Whether the router knows of a release's pods: a deploy is over when requests reach what was deployed. Pure. */

import { processLabel, releaseLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import { findCondition, isConditionTrue } from "../../model/conditions.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { isServing } from "../../model/kinds/route/route/served.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";

import { trackLabel } from "./names.ts";

/** A router that has not told of pods for this long after they became ready is not waited for any more. */
export const routedWaitMs = 15_000;

/** True unless a router of Nagi serves other pods than these at the moment. */
export function isRouted(routes: readonly Route[], pods: readonly Pod[], nowMs: number): boolean {
  const ready = pods.flatMap((pod) => {
    const condition = findCondition(pod.status?.conditions, "Ready");
    return condition?.status === "True"
      ? [{ pod, sinceMs: Date.parse(condition.lastTransitionTime ?? "") }]
      : [];
  });
  const isWaitedFor = ready.some(({ sinceMs }) => nowMs - sinceMs < routedWaitMs);
  if (!isWaitedFor) return true;
  return isServing(
    routes,
    ready.map(({ pod }) => addressOf(pod)),
  );
}

/** As `isRouted`, of pods that may have been ready for long. */
export function isServed(routes: readonly Route[], pods: readonly Pod[]): boolean {
  const ready = pods.filter(({ status }) => isConditionTrue(status?.conditions, "Ready"));
  return isServing(routes, ready.map(addressOf));
}

/** Those that lead to the app, and not to what runs beside. */
export function mainRoutes(routes: readonly Route[]): readonly Route[] {
  return routes.filter(({ metadata }) => metadata.labels?.[trackLabel] === undefined);
}

/** Those of web of a release that are to get requests. */
export function webPodsOf({ spec }: Release, pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(
    ({ metadata: { labels, deletionTimestamp } }) =>
      labels?.[processLabel] === webProcess &&
      labels[releaseLabel] === `v${spec.version}` &&
      deletionTimestamp === undefined,
  );
}

function addressOf({ status }: Pod): string {
  return status?.podIP ?? "";
}
