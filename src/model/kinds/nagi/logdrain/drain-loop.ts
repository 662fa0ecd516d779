/**
 * Whether what a drain sends comes back to it: its address is one of the app itself, or of an app whose own drains lead back.
 * Each line would then make further ones. Pure.
 */

import type { Route } from "../../route/route/route.ts";
import { parseDrainUrl } from "./drain-url.ts";

/** An app and where its lines go. */
export interface Leads {
  /** `namespace/name`. */
  readonly app: string;
  readonly url: string;
  /** As in the drain's spec. */
  readonly source?: string | undefined;
}

/** Apps that answer at a host, as `namespace/name`. */
export type AppsAtHost = (host: string) => readonly string[];

/** The apps from the drain's target back to its own, such as `["default/b", "default/a"]`; undefined without a loop. */
export function drainLoop(
  drain: Leads,
  others: readonly Leads[],
  appsAtHost: AppsAtHost,
): readonly string[] | undefined {
  const targets = (each: Leads): readonly string[] => {
    // No request makes a line of the platform.
    if (each.source === "platform") return [];
    return appsAtHost(parseDrainUrl(each.url)?.host.toLowerCase() ?? "");
  };
  const seen = new Set<string>();
  const ways = targets(drain).map((app) => [app]);
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const app = way.at(-1) ?? "";
    if (app === drain.app) return way;
    if (seen.has(app)) continue;
    seen.add(app);
    for (const each of others)
      if (each.app === app) ways.push(...targets(each).map((next) => [...(way ?? []), next]));
  }
  return undefined;
}

/** Why a drain whose lines come back is not one. */
export function drainLoopText(app: string, loop: readonly string[]): string {
  const names = loop.map((each) => each.slice(each.indexOf("/") + 1));
  if (loop.length === 1)
    return `it leads to the app ${names[0]} itself: each line that it takes would make another one`;
  return `it leads to the app ${names[0]}, whose drains lead back to ${app.slice(app.indexOf("/") + 1)}: each line would make another one`;
}

/**
 * The apps that routes of a host lead to: the Service of an app has the app's name. In-platform names of Services, such as
 * `shop.default.svc`, lead to them as well.
 */
export function appsAtHost(routes: readonly Pick<Route, "metadata" | "spec">[]): AppsAtHost {
  return (host) => {
    const inPlatform = /^([^.]+)\.([^.]+)\.svc(\.|$)/.exec(host);
    if (inPlatform !== null) return [`${inPlatform[2]}/${inPlatform[1]}`];
    const parent = host.slice(host.indexOf(".") + 1);
    return routes
      .filter(({ spec }) => {
        if (spec.host === undefined) return false;
        if (spec.host === host) return true;
        const isWildcard = spec.wildcardPolicy === "Subdomain";
        return isWildcard && spec.host.slice(spec.host.indexOf(".") + 1) === parent;
      })
      .flatMap(({ metadata, spec }) =>
        [spec.to, ...(spec.alternateBackends ?? [])].map(({ name }) => `${metadata.namespace}/${name}`),
      );
  };
}
