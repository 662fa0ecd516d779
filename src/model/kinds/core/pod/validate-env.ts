/** Rules of environment variables. */

import {
  forbidden,
  invalid,
  invalidIf,
  notSupported,
  required,
  type FieldError,
} from "../../../field-error.ts";
import type { Container, EnvVar, ResourceFieldSelector } from "./container.ts";

const printable = /^[ -<>-~]+$/;

/** What an environment variable may be called, here and in Secrets that become variables. */
export function checkEnvName(name: string): string | undefined {
  if (printable.test(name)) return undefined;
  return "a valid environment variable name must consist only of printable ASCII characters other than '='";
}

export function envErrors(container: Container, path: string): FieldError[] {
  return [
    ...(container.env ?? []).flatMap((variable, index) => variableErrors(variable, `${path}.env[${index}]`)),
    ...(container.envFrom ?? []).flatMap((source, index) => {
      const at = `${path}.envFrom[${index}]`;
      const { prefix = "", configMapRef, secretRef } = source;
      const errors = prefix === "" ? [] : invalidIf(checkEnvName(prefix), `${at}.prefix`, prefix);
      if (configMapRef === undefined && secretRef === undefined) {
        errors.push(invalid(at, "", "must specify one of: `configMapRef` or `secretRef`"));
      }
      if (configMapRef !== undefined && secretRef !== undefined) {
        errors.push(invalid(at, "", "may not have more than one field specified at a time"));
      }
      if (configMapRef !== undefined && (configMapRef.name ?? "") === "")
        errors.push(required(`${at}.configMapRef.name`));
      if (secretRef !== undefined && (secretRef.name ?? "") === "")
        errors.push(required(`${at}.secretRef.name`));
      return errors;
    }),
  ];
}

const envFields = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const volumeFields = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];
const subscript = /^metadata\.(labels|annotations)\['[^']+'\]$/;

export function variableErrors({ name, value = "", valueFrom }: EnvVar, path: string): FieldError[] {
  const errors = name === "" ? [] : invalidIf(checkEnvName(name), `${path}.name`, name);
  if (valueFrom === undefined) return errors;
  const at = `${path}.valueFrom`;
  const given = Object.values(valueFrom).filter((source) => source !== undefined);
  if (given.length === 0) {
    const sources = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
    errors.push(invalid(at, "", `must specify one of: ${sources}`));
  } else if (value !== "") {
    errors.push(invalid(at, "", "may not be specified when `value` is not empty"));
  }
  if (given.length > 1) errors.push(invalid(at, "", "may not have more than one field specified at a time"));
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) errors.push(...fieldRefErrors(fieldRef.fieldPath, `${at}.fieldRef`, envFields));
  if (resourceFieldRef !== undefined)
    errors.push(...resourceRefErrors(resourceFieldRef, `${at}.resourceFieldRef`));
  if (configMapKeyRef !== undefined && (configMapKeyRef.name ?? "") === "")
    errors.push(required(`${at}.configMapKeyRef.name`));
  if (secretKeyRef !== undefined && (secretKeyRef.name ?? "") === "")
    errors.push(required(`${at}.secretKeyRef.name`));
  return errors;
}

function fieldRefErrors(fieldPath: string, path: string, allowed: readonly string[]): FieldError[] {
  if (allowed.includes(fieldPath) || subscript.test(fieldPath)) return [];
  return [
    notSupported(`${path}.fieldPath`, fieldPath, [
      ...allowed,
      "metadata.annotations['<KEY>']",
      "metadata.labels['<KEY>']",
    ]),
  ];
}

/** In volumes other fields are allowed than in variables. */
export function volumeFieldErrors(fieldPath: string, path: string): FieldError[] {
  return fieldRefErrors(fieldPath, path, volumeFields);
}

const resourcesThere = ["cpu", "memory", "ephemeral-storage"].flatMap((name) => [
  `limits.${name}`,
  `requests.${name}`,
]);

export function resourceRefErrors({ resource }: ResourceFieldSelector, path: string): FieldError[] {
  if (resourcesThere.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource)) return [];
  return [notSupported(`${path}.resource`, resource, resourcesThere.toSorted())];
}

/** A path below a directory: relative, and never up. */
export function relativePathErrors(given: string, path: string): FieldError[] {
  if (given.startsWith("/")) return [invalid(path, given, "must be a relative path")];
  return upwardErrors(given, path);
}

export function upwardErrors(given: string, path: string): FieldError[] {
  return given.split("/").includes("..") ? [invalid(path, given, "must not contain '..'")] : [];
}

/** Exactly one of an object's fields must be there. */
export function oneSourceErrors(
  given: readonly string[],
  path: string,
  words: { none: string; many: string },
): FieldError[] {
  if (given.length === 0) return [required(path, words.none)];
  return given.slice(1).map((name) => forbidden(`${path}.${name}`, words.many));
}
