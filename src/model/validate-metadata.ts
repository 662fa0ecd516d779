/** Kubernetes' rules of `metadata`. */

import type { FieldError } from "./field-error.ts";
import type { Kind } from "./kind.ts";
import { checkLabelKey, checkLabelValue } from "./labels.ts";
import type { ObjectMeta, OwnerReference } from "./meta.ts";

/** Of all annotations of an object together. */
export const annotationsBytesMax = 256 * 1024;

export function metadataErrors(kind: Kind, metadata: ObjectMeta): FieldError[] {
  const errors = nameErrors(kind, metadata);
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  if (labels !== undefined) errors.push(...labelErrors(labels, "metadata.labels"));
  if (annotations !== undefined) errors.push(...annotationErrors(annotations, "metadata.annotations"));
  if (finalizers !== undefined) errors.push(...finalizerErrors(finalizers));
  if (ownerReferences !== undefined) errors.push(...ownerErrors(ownerReferences));
  return errors;
}

function nameErrors(kind: Kind, { name, namespace }: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (kind.verbs.includes("get")) {
    if (name === undefined || name === "") {
      errors.push({ type: "Required", path: "metadata.name", detail: "name or generateName is required" });
    } else {
      const problem = kind.checkName(name);
      if (problem !== undefined)
        errors.push({ type: "Invalid", path: "metadata.name", value: name, detail: problem });
    }
  }
  if (!kind.namespaced && namespace !== undefined && namespace !== "") {
    errors.push({ type: "Forbidden", path: "metadata.namespace", detail: "not allowed on this type" });
  }
  return errors;
}

export function labelErrors(labels: ObjectMeta["labels"], path: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...problemAt(checkLabelKey(key), path, key),
    ...problemAt(checkLabelValue(value), path, value),
  ]);
}

function annotationErrors(annotations: Readonly<Record<string, string>>, path: string): FieldError[] {
  const entries = Object.entries(annotations);
  const errors = entries.flatMap(([key]) => problemAt(checkLabelKey(key.toLowerCase()), path, key));
  const text = entries.flat().join("");
  // A character is at most three bytes.
  if (text.length * 3 > annotationsBytesMax && new TextEncoder().encode(text).length > annotationsBytesMax) {
    errors.push({ type: "TooLong", path, detail: `may not be more than ${annotationsBytesMax} bytes` });
  }
  return errors;
}

function finalizerErrors(finalizers: readonly string[]): FieldError[] {
  return finalizers.flatMap((name, index) =>
    problemAt(checkLabelKey(name), `metadata.finalizers[${index}]`, name),
  );
}

function ownerErrors(ownerReferences: readonly OwnerReference[]): FieldError[] {
  const controllers = ownerReferences.filter(({ controller }) => controller === true);
  if (controllers.length < 2) return [];
  const named = controllers.map(({ kind, name }) => `${kind}/${name}`).join(", ");
  const detail = `Only one reference can have Controller set to true. Found "true" in references for ${named}`;
  return [{ type: "Invalid", path: "metadata.ownerReferences", value: named, detail }];
}

function problemAt(detail: string | undefined, path: string, value: unknown): FieldError[] {
  return detail === undefined ? [] : [{ type: "Invalid", path, value, detail }];
}
