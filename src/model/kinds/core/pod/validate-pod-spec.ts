/** Rules of pod specs, in pods and in templates. */

import { forbidden, invalid, invalidIf, required, type FieldError } from "../../../field-error.ts";
import { checkDnsLabel, checkDnsSubdomain } from "../../../names.ts";
import { labelErrors } from "../../../validate-metadata.ts";
import { resourceListErrors } from "../validate-resources.ts";
import type { PodSpec, PodTemplateSpec } from "./pod-spec.ts";
import { containersErrors } from "./validate-container.ts";
import { placementErrors } from "./validate-placement.ts";
import { podResourcesErrors } from "./validate-pod-resources.ts";
import { volumesErrors } from "./validate-volumes.ts";

export function podSpecErrors(spec: PodSpec, path: string): FieldError[] {
  const { nodeName = "", schedulingGates = [], dnsPolicy, dnsConfig } = spec;
  const errors = [
    ...volumesErrors(spec.volumes ?? [], `${path}.volumes`),
    ...containersErrors(spec, path),
    ...placementErrors(spec, path),
    ...nameErrors(spec, path),
    ...podResourcesErrors(spec, `${path}.resources`),
    ...resourceListErrors(spec.overhead, `${path}.overhead`),
  ];
  if (nodeName !== "" && schedulingGates.length > 0) {
    errors.push(forbidden(`${path}.nodeName`, "cannot be set until all schedulingGates have been cleared"));
  }
  if (dnsPolicy === "None" && (dnsConfig?.nameservers ?? []).length === 0) {
    const detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
    errors.push(required(`${path}.dnsConfig.nameservers`, detail));
  }
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    errors.push(
      invalid(
        `${path}.shareProcessNamespace`,
        true,
        "ShareProcessNamespace and HostPID cannot both be enabled",
      ),
    );
  }
  return errors;
}

function nameErrors(spec: PodSpec, path: string): FieldError[] {
  const rules = {
    serviceAccountName: checkDnsSubdomain,
    nodeName: checkDnsSubdomain,
    hostname: checkDnsLabel,
    subdomain: checkDnsLabel,
    runtimeClassName: checkDnsSubdomain,
    priorityClassName: checkDnsSubdomain,
  } as const;
  return Object.entries(rules).flatMap(([field, rule]) => {
    const name = spec[field as keyof typeof rules] ?? "";
    return name === "" ? [] : invalidIf(rule(name), `${path}.${field}`, name);
  });
}

export function podTemplateErrors({ metadata, spec }: PodTemplateSpec, path: string): FieldError[] {
  if (spec === undefined) return [required(`${path}.spec.containers`)];
  return [
    ...labelErrors(metadata?.labels, `${path}.metadata.labels`),
    ...podSpecErrors(spec, `${path}.spec`),
  ];
}
