/**
 * What a route's annotations ask of the router: OpenShift's names where it has one, Nagi's own for the rest. One table, from
 * which the API server's errors, the router's configuration and `nagi routes set` follow. Pure.
 */

import { invalid, type FieldError } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";

/** What is wrong with a value, naming what is allowed; undefined when nothing is. */
type Check = (value: string) => string | undefined;

export interface RouteSetting {
  readonly annotation: string;
  /** What it does, in a line. */
  readonly description: string;
  readonly check: Check;
}

const duration: Check = (value) =>
  /^[1-9]\d{0,5}(us|ms|s|m|h|d)$/.test(value)
    ? undefined
    : "must be a whole number with a unit: 500ms, 30s, 5m, 1h";

const path: Check = (value) =>
  /^\/[\w\-.~!$&'()*+,;=:@%/]*$/.test(value) ? undefined : "must be a URL path that begins with /";

/** By the name that `nagi routes set` knows them by. */
export const routeSettings = {
  timeout: {
    annotation: "haproxy.router.openshift.io/timeout",
    description: "How long the app may take to answer, or be silent while it does.",
    check: duration,
  },
  "tunnel-timeout": {
    annotation: "haproxy.router.openshift.io/timeout-tunnel",
    description: "How long a web socket may be silent.",
    check: duration,
  },
  rewrite: {
    annotation: "haproxy.router.openshift.io/rewrite-target",
    description: "What the route's path is replaced by in what the app is asked for.",
    check: path,
  },
} satisfies Readonly<Record<string, RouteSetting>>;

export type SettingName = keyof typeof routeSettings;

/** What a route has of a setting; undefined when it has nothing. */
export function settingOf({ metadata }: KubeObject, name: SettingName): string | undefined {
  return metadata.annotations?.[routeSettings[name].annotation];
}

export function settingErrors({ metadata }: KubeObject): FieldError[] {
  return Object.values<RouteSetting>(routeSettings).flatMap(({ annotation, check }) => {
    const value = metadata.annotations?.[annotation];
    const detail = value === undefined ? undefined : check(value);
    return detail === undefined ? [] : [invalid(`metadata.annotations[${annotation}]`, value, detail)];
  });
}
