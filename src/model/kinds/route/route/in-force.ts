/**
 * Which settings of a Route are in force, told in a condition of its status: who changes one must know when the next request meets
 * it. A Route without settings has no such condition. Pure.
 */

import { createHash } from "node:crypto";
import { findCondition } from "../../../conditions.ts";
import type { Condition, KubeObject } from "../../../meta.ts";
import type { Route } from "./route.ts";
import { routeSettings, settingOf, type SettingName } from "./route-settings.ts";

export const inForceType = "SettingsInForce";

/** Undefined for a Route without settings. */
export function inForceCondition(route: KubeObject): Condition | undefined {
  const digest = settingsDigest(route);
  return digest === undefined
    ? undefined
    : { type: inForceType, status: "True", reason: "Applied", message: `settings ${digest}` };
}

/** False while a router of Nagi that serves it has others. */
export function isInForce(route: Route): boolean {
  const wanted = inForceCondition(route)?.message;
  const entries = (route.status?.ingress ?? []).filter(({ routerName }) => routerName === "default");
  return entries.every(({ conditions }) => findCondition(conditions, inForceType)?.message === wanted);
}

/** The values are not told: some are for few eyes. */
function settingsDigest(route: KubeObject): string | undefined {
  const names = Object.keys(routeSettings) as SettingName[];
  const given = names.map((name) => settingOf(route, name) ?? null);
  if (given.every((value) => value === null)) return undefined;
  return createHash("sha256").update(JSON.stringify(given)).digest("hex").slice(0, 12);
}
