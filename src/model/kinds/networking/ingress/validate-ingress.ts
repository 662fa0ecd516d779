/** Rules of Ingresses, in Kubernetes' words. */

import { isIP } from "node:net";
import { invalid, invalidIf, required, type FieldError } from "../../../field-error.ts";
import { checkDnsServiceName, checkDnsSubdomain, checkPortName } from "../../../names.ts";

interface Backend {
  readonly service?:
    | {
        readonly name: string;
        readonly port?:
          | { readonly name?: string | undefined; readonly number?: number | undefined }
          | undefined;
      }
    | undefined;
  readonly resource?: object | undefined;
}

interface Path {
  readonly path?: string | undefined;
  readonly pathType: string;
  readonly backend: Backend;
}

interface IngressSpec {
  readonly ingressClassName?: string | undefined;
  readonly defaultBackend?: Backend | undefined;
  readonly tls?:
    | readonly { readonly hosts?: readonly string[] | undefined; readonly secretName?: string | undefined }[]
    | undefined;
  readonly rules?:
    | readonly {
        readonly host?: string | undefined;
        readonly http?: { readonly paths: readonly Path[] } | undefined;
      }[]
    | undefined;
}

export function ingressErrors(spec: IngressSpec): FieldError[] {
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec;
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined)
    errors.push(invalid("spec", [], "either `defaultBackend` or `rules` must be specified"));
  if (defaultBackend !== undefined) errors.push(...backendErrors(defaultBackend, "spec.defaultBackend"));
  for (const [index, { host = "", http }] of rules.entries()) {
    const at = `spec.rules[${index}]`;
    if (host !== "") errors.push(...invalidIf(checkIngressHost(host), `${at}.host`, host));
    if (http === undefined) continue;
    if (http.paths.length === 0) errors.push(required(`${at}.http.paths`));
    errors.push(...http.paths.flatMap((path, number) => pathErrors(path, `${at}.http.paths[${number}]`)));
  }
  for (const [index, { hosts = [], secretName = "" }] of tls.entries()) {
    const at = `spec.tls[${index}]`;
    errors.push(
      ...hosts.flatMap((host, number) => invalidIf(checkIngressHost(host), `${at}.hosts[${number}]`, host)),
    );
    if (secretName !== "")
      errors.push(...invalidIf(checkDnsSubdomain(secretName), `${at}.secretName`, secretName));
  }
  if (ingressClassName !== undefined)
    errors.push(...invalidIf(checkDnsSubdomain(ingressClassName), "spec.ingressClassName", ingressClassName));
  return errors;
}

function checkIngressHost(host: string): string | undefined {
  if (isIP(host) !== 0) return "must be a DNS name, not an IP address";
  if (!host.includes("*")) return checkDnsSubdomain(host);
  if (!host.startsWith("*.") || host.lastIndexOf("*") > 0)
    return "a wildcard must be the whole first part of the name: *.example.com";
  return checkDnsSubdomain(host.slice(2));
}

const forbiddenInPaths = ["//", "/./", "/../", "%2f", "%2F"];
const forbiddenAtEnds = ["/..", "/."];

function pathErrors({ path = "", pathType, backend }: Path, at: string): FieldError[] {
  const errors = backendErrors(backend, `${at}.backend`);
  if (pathType === "ImplementationSpecific" && path === "") return errors;
  if (!path.startsWith("/")) return [...errors, invalid(`${at}.path`, path, "must be an absolute path")];
  if (pathType === "ImplementationSpecific") return errors;
  for (const part of forbiddenInPaths)
    if (path.includes(part)) errors.push(invalid(`${at}.path`, path, `must not contain '${part}'`));
  for (const end of forbiddenAtEnds)
    if (path.endsWith(end)) errors.push(invalid(`${at}.path`, path, `cannot end with '${end}'`));
  return errors;
}

function backendErrors({ service, resource }: Backend, at: string): FieldError[] {
  if (service !== undefined && resource !== undefined)
    return [invalid(at, "", "cannot set both resource and service backends")];
  if (resource !== undefined) return [];
  if (service === undefined) return [required(at, "give a service, with its name and port")];
  const errors =
    service.name === ""
      ? [required(`${at}.service.name`)]
      : invalidIf(checkDnsServiceName(service.name), `${at}.service.name`, service.name);
  const { name = "", number = 0 } = service.port ?? {};
  const port = `${at}.service.port`;
  if (name !== "" && number !== 0) errors.push(invalid(port, "", "cannot set both port name & port number"));
  else if (name !== "") errors.push(...invalidIf(checkPortName(name), `${port}.name`, name));
  else if (number === 0) errors.push(required(port, "port name or number is required"));
  else if (number < 1 || number > 65_535)
    errors.push(invalid(`${port}.number`, number, "must be between 1 and 65535, inclusive"));
  return errors;
}
