/** Rules of services. */

import { duplicates, invalid, invalidIf, required, type FieldError } from "../../../field-error.ts";
import { isJsonEqual } from "../../../json.ts";
import { checkLabelKey, checkLabelValue } from "../../../labels.ts";
import { checkDnsLabel, checkDnsSubdomain } from "../../../names.ts";
import { portNumberOrNameErrors } from "../pod/validate-container.ts";
import type { ServicePort, ServiceSpec } from "./service-spec.ts";

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const ipv6 = /^(?=.*:.*:)[0-9a-fA-F:.]{2,45}$/;

export function isIpAddress(text: string): boolean {
  return ipv4.test(text) || ipv6.test(text);
}

export function serviceSpecErrors(spec: ServiceSpec, path: string): FieldError[] {
  return [
    ...portsErrors(spec, `${path}.ports`),
    ...addressErrors(spec, path),
    ...Object.entries(spec.selector ?? {}).flatMap(([key, value]) => [
      ...invalidIf(checkLabelKey(key), `${path}.selector`, key),
      ...invalidIf(checkLabelValue(value), `${path}.selector`, value),
    ]),
  ];
}

function isHeadless({ clusterIP }: ServiceSpec): boolean {
  return clusterIP === "None";
}

function portsErrors(spec: ServiceSpec, path: string): FieldError[] {
  const { ports = [] } = spec;
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== "ExternalName") return [required(path)];
  return [
    ...ports.flatMap((port, index) => portErrors(port, `${path}[${index}]`, ports.length > 1)),
    ...duplicates(
      ports.map(({ name }) => name),
      (index) => `${path}[${index}].name`,
    ),
    ...duplicates(
      ports.map(({ port, protocol = "TCP" }) => `${port}/${protocol}`),
      (index) => `${path}[${index}]`,
    ),
    ...duplicates(
      ports.map(({ nodePort = 0, protocol = "TCP" }) =>
        nodePort === 0 ? undefined : `${nodePort}/${protocol}`,
      ),
      (index) => `${path}[${index}].nodePort`,
    ),
  ];
}

function portErrors({ name = "", targetPort }: ServicePort, path: string, needsName: boolean): FieldError[] {
  const errors = targetPort === undefined ? [] : portNumberOrNameErrors(targetPort, `${path}.targetPort`);
  if (name === "") return needsName ? [required(`${path}.name`), ...errors] : errors;
  return [...invalidIf(checkDnsLabel(name), `${path}.name`, name), ...errors];
}

function addressErrors(spec: ServiceSpec, path: string): FieldError[] {
  const { clusterIP = "", clusterIPs = [], externalIPs = [], externalName = "" } = spec;
  const errors: FieldError[] = [];
  if (spec.type === "ExternalName") {
    if (externalName === "") errors.push(required(`${path}.externalName`));
    else
      errors.push(
        ...invalidIf(
          checkDnsSubdomain(externalName.toLowerCase().replace(/\.$/, "")),
          `${path}.externalName`,
          externalName,
        ),
      );
    if (clusterIP !== "")
      errors.push(invalid(`${path}.clusterIPs[0]`, clusterIP, "may not be set for ExternalName services"));
  } else if (clusterIP !== "" && clusterIP !== "None" && !isIpAddress(clusterIP)) {
    const detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    errors.push(invalid(`${path}.clusterIPs[0]`, clusterIP, detail));
  }
  if (isHeadless(spec) && (spec.type === "NodePort" || spec.type === "LoadBalancer")) {
    errors.push(
      invalid(`${path}.clusterIPs[0]`, "None", `may not be set to 'None' for ${spec.type} services`),
    );
  }
  if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(invalid(`${path}.clusterIPs[0]`, clusterIPs[0], "must match clusterIP when it is specified"));
  }
  for (const [index, address] of externalIPs.entries()) {
    const detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    if (!isIpAddress(address)) errors.push(invalid(`${path}.externalIPs[${index}]`, address, detail));
  }
  return errors;
}

/** An address once given out stays, unless the service stops having one. */
export function serviceUpdateErrors(next: ServiceSpec, previous: ServiceSpec): FieldError[] {
  const before = previous.clusterIP ?? "";
  if (before === "" || next.type === "ExternalName" || previous.type === "ExternalName") return [];
  if (isJsonEqual(next.clusterIP, previous.clusterIP)) return [];
  return [invalid("spec.clusterIPs[0]", next.clusterIP ?? "", "may not change once set")];
}
