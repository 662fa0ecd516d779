/**
 * Routes of which the router reads nothing: those that pass TLS through to the app, and those of TCP. What is about HTTP
 * would do nothing there, so it is refused. Pure.
 */

import { forbidden, type FieldError } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { routeSettings, type RouteSetting, type SettingName } from "./route-settings.ts";

/** What can be asked of connections of which nothing is read. */
const connectionSettings: readonly SettingName[] = ["timeout", "tunnel-timeout", "allow", "balance"];

interface PassthroughRoute extends KubeObject {
  readonly spec: {
    readonly tls?: { readonly termination?: string | undefined } | undefined;
    readonly httpHeaders?: unknown;
  };
}

export function isPassthrough({ spec: { tls } }: PassthroughRoute): boolean {
  return tls?.termination === "passthrough";
}

export function isAboutHttp(name: SettingName): boolean {
  return !connectionSettings.includes(name);
}

export function passthroughErrors(route: PassthroughRoute): FieldError[] {
  if (!isPassthrough(route)) return [];
  const kind = "a route that passes TLS through";
  const errors = httpSettingErrors(route, kind);
  if (route.spec.httpHeaders !== undefined)
    errors.push(forbidden("spec.httpHeaders", `it is about HTTP, of which ${kind} reads nothing`));
  return errors;
}

/** Settings of HTTP, of a route of the kind that is named. */
export function httpSettingErrors(
  { metadata: { annotations = {} } }: KubeObject,
  kind: string,
): FieldError[] {
  return Object.entries<RouteSetting>(routeSettings).flatMap(([name, { annotation, alias }]) =>
    [annotation, alias].flatMap((each) =>
      each === undefined || annotations[each] === undefined || !isAboutHttp(name as SettingName)
        ? []
        : [
            forbidden(
              `metadata.annotations[${each}]`,
              `it is about HTTP; ${kind} can have ${connectionSettings.join(", ")}`,
            ),
          ],
    ),
  );
}
