/**
 * A Route of TCP: in place of a host it has a port of the machine, which its annotation names. What it leads to, its
 * shares, its status, its log and its numbers are those of any Route. Pure.
 */

import { invalid, forbidden, type FieldError } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { httpSettingErrors } from "./passthrough.ts";

/** A port, or `auto` for one of the router's choice, which it then writes here. */
export const tcpPortAnnotation = "nagi.dev/tcp-port";
export const autoPort = "auto";

/** Undefined for a Route of HTTP; 0 for what is no port. */
export function tcpPortOf({ metadata }: KubeObject): number | typeof autoPort | undefined {
  const value = metadata.annotations?.[tcpPortAnnotation];
  if (value === undefined || value === autoPort) return value;
  return /^[1-9]\d{0,4}$/.test(value) && Number(value) < 65_536 ? Number(value) : 0;
}

/** As people name it, where another route has its host. */
export function tcpName(port: number | string): string {
  return `tcp:${port}`;
}

interface TcpRoute extends KubeObject {
  readonly spec: {
    readonly host?: string | undefined;
    readonly subdomain?: string | undefined;
    readonly path?: string | undefined;
    readonly wildcardPolicy?: string | undefined;
    readonly httpHeaders?: unknown;
    readonly tls?: Readonly<Record<string, unknown>> | undefined;
  };
}

export function tcpErrors(route: TcpRoute): FieldError[] {
  const port = tcpPortOf(route);
  if (port === undefined) return [];
  const { spec, metadata } = route;
  const annotations = metadata.annotations ?? {};
  const errors: FieldError[] = [];
  if (port === 0)
    errors.push(
      invalid(
        `metadata.annotations[${tcpPortAnnotation}]`,
        annotations[tcpPortAnnotation],
        `must be a port from 1 to 65535, or ${autoPort}`,
      ),
    );
  for (const field of ["host", "subdomain", "path", "httpHeaders"] as const)
    if (spec[field] !== undefined && spec[field] !== "")
      errors.push(forbidden(`spec.${field}`, `a route of TCP has a port, and nothing of HTTP`));
  if (spec.wildcardPolicy === "Subdomain")
    errors.push(forbidden("spec.wildcardPolicy", "a route of TCP has no host"));
  return [...errors, ...httpSettingErrors(route, "a route of TCP"), ...tlsErrors(spec.tls)];
}

/** TLS may end in front; its certificate is that of the name which the client asks for. */
function tlsErrors(tls: TcpRoute["spec"]["tls"]): FieldError[] {
  if (tls === undefined) return [];
  const errors: FieldError[] = [];
  if (tls["termination"] !== "edge")
    errors.push(
      invalid(
        "spec.tls.termination",
        tls["termination"],
        "must be edge on a route of TCP; for TLS of the app's own leave spec.tls out",
      ),
    );
  for (const field of ["certificate", "key", "caCertificate", "externalCertificate"])
    if ((tls[field] ?? "") !== "")
      errors.push(
        forbidden(
          `spec.tls.${field}`,
          "a route of TCP shows the certificate of the domain that is asked for",
        ),
      );
  return errors;
}
