/** Rules of routes. */

import { invalid, invalidIf, required, type FieldError } from "../../../field-error.ts";
import { checkDnsServiceName, checkDnsSubdomain } from "../../../names.ts";

interface Target {
  readonly name: string;
}

interface RouteSpec {
  readonly to: Target;
  readonly alternateBackends?: readonly Target[] | undefined;
  readonly host?: string | undefined;
  readonly subdomain?: string | undefined;
  readonly path?: string | undefined;
  readonly port?: { readonly targetPort: number | string } | undefined;
  readonly tls?:
    | {
        readonly termination?: string | undefined;
        readonly certificate?: string | undefined;
        readonly key?: string | undefined;
        readonly insecureEdgeTerminationPolicy?: string | undefined;
      }
    | undefined;
}

export function routeErrors(spec: RouteSpec): FieldError[] {
  const { host = "", subdomain = "", path = "", tls, port } = spec;
  const errors = targetErrors(spec);
  if (host !== "") errors.push(...invalidIf(checkHost(host), "spec.host", host));
  if (subdomain !== "") errors.push(...invalidIf(checkDnsSubdomain(subdomain), "spec.subdomain", subdomain));
  if (path !== "" && !path.startsWith("/")) errors.push(invalid("spec.path", path, "path must begin with /"));
  if (port?.targetPort === 0) errors.push(required("spec.port.targetPort"));
  if (tls === undefined) return errors;
  if (tls.termination === "passthrough") {
    if (path !== "")
      errors.push(invalid("spec.path", path, "passthrough termination does not support paths"));
    if (tls.certificate !== undefined) {
      errors.push(
        invalid(
          "spec.tls.certificate",
          "redacted certificate data",
          "passthrough termination does not support certificates",
        ),
      );
    }
    if (tls.insecureEdgeTerminationPolicy === "Allow") {
      const detail = "acceptable values are None, Redirect, or empty";
      errors.push(invalid("spec.tls.insecureEdgeTerminationPolicy", "Allow", detail));
    }
  } else if ((tls.certificate ?? "") !== "" && (tls.key ?? "") === "") {
    errors.push(required("spec.tls.key", "a certificate needs its key"));
  }
  return errors;
}

/** They become words of the router's own commands. */
export function targetErrors({ to, alternateBackends = [] }: RouteSpec): FieldError[] {
  return [
    ...invalidIf(checkDnsServiceName(to.name), "spec.to.name", to.name),
    ...alternateBackends.flatMap(({ name }, index) =>
      invalidIf(checkDnsServiceName(name), `spec.alternateBackends[${index}].name`, name),
    ),
  ];
}

/** A host name whose parts are no longer than DNS allows. */
export function checkHost(host: string): string | undefined {
  const problem = checkDnsSubdomain(host);
  if (problem !== undefined) return problem;
  const long = host.split(".").find((part) => part.length > 63);
  return long === undefined
    ? undefined
    : `each part must be no more than 63 characters, but "${long}" has ${long.length}`;
}
