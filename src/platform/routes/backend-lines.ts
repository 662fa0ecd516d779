/**
 * What a route's own backend does beside passing requests on. Only what the route asks for is there: a plain route costs
 * nothing. Values have been checked (`settingErrors`); they are quoted all the same. Pure.
 */

import type { Route } from "../../model/kinds/route/route/route.ts";
import { settingOf } from "../../model/kinds/route/route/route-settings.ts";
import { routePath } from "./route-claims.ts";
import { destinationCaFile, tlsOf } from "./tls/route-tls.ts";

/** Lines of the backend's section, in their order. */
export function backendLines(route: Route): readonly string[] {
  const tls = tlsOf(route);
  if (tls?.termination === "passthrough") return ["mode tcp", ...timeouts(route)];
  const options = serverOptions(route);
  return [
    ...timeouts(route),
    // Besides, this makes HAProxy read the authority's file, which servers that are added later refer to.
    ...(options === "" ? [] : [`default-server ${options}`]),
    ...rewrite(route),
  ];
}

/** What is said of each server, those that are added while HAProxy runs included. */
export function serverOptions(route: Route): string {
  const ca = tlsOf(route)?.destinationCa;
  return ca === undefined ? "" : `ssl verify required ca-file ${destinationCaFile(ca)}`;
}

function timeouts(route: Route): readonly string[] {
  const timeout = settingOf(route, "timeout");
  const tunnel = settingOf(route, "tunnel-timeout") ?? timeout;
  return [
    ...(timeout === undefined ? [] : [`timeout server ${timeout}`]),
    ...(tunnel === undefined ? [] : [`timeout tunnel ${tunnel}`]),
  ];
}

/** `/api` with the target `/` makes `/` of `/api`, and `/x` of `/api/x`. */
function rewrite(route: Route): readonly string[] {
  const target = settingOf(route, "rewrite");
  if (target === undefined) return [];
  const from = `^${routePath(route).replace(/[.*+?^$()|[\]{}\\]/g, "\\$&")}/?(.*)$`;
  const to = `${target.replace(/\/+$/, "").replaceAll("%", "%%")}/\\1`;
  return [`http-request replace-path ${quoted(from)} ${quoted(to)}`];
}

/** One word of the configuration, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replace(/[\r\n\0]/g, "").replaceAll("'", String.raw`'\''`)}'`;
}
