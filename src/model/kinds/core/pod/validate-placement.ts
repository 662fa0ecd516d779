/** Rules of what places a pod: tolerations, affinity, spreading, gates. */

import {
  duplicates,
  forbidden,
  invalid,
  invalidIf,
  required,
  type FieldError,
} from "../../../field-error.ts";
import type { LabelSelector } from "../../../label-selector.ts";
import { checkLabelKey, checkLabelValue } from "../../../labels.ts";
import { checkDnsLabel } from "../../../names.ts";
import { labelSelectorErrors } from "../../../validate-label-selector.ts";
import type {
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  NodeSelectorRequirement,
  Toleration,
  TopologySpreadConstraint,
} from "./affinity.ts";
import type { PodSpec } from "./pod-spec.ts";

export function placementErrors(spec: PodSpec, path: string): FieldError[] {
  const { affinity, schedulingGates = [], topologySpreadConstraints = [] } = spec;
  return [
    ...(spec.tolerations ?? []).flatMap((each, index) =>
      tolerationErrors(each, `${path}.tolerations[${index}]`),
    ),
    ...nodeAffinityErrors(spec, `${path}.affinity.nodeAffinity`),
    ...podAffinityErrors(affinity?.podAffinity, `${path}.affinity.podAffinity`),
    ...podAffinityErrors(affinity?.podAntiAffinity, `${path}.affinity.podAntiAffinity`),
    ...topologySpreadConstraints.flatMap((each, index) =>
      spreadErrors(each, `${path}.topologySpreadConstraints[${index}]`),
    ),
    ...duplicates(
      topologySpreadConstraints.map(
        ({ topologyKey, whenUnsatisfiable }) => `{${topologyKey}, ${whenUnsatisfiable}}`,
      ),
      (index) => `${path}.topologySpreadConstraints[${index}].{topologyKey, whenUnsatisfiable}`,
    ),
    ...schedulingGates.flatMap(({ name }, index) =>
      invalidIf(checkLabelKey(name), `${path}.schedulingGates[${index}]`, name),
    ),
    ...duplicates(
      schedulingGates.map(({ name }) => name),
      (index) => `${path}.schedulingGates[${index}]`,
    ),
    ...nodeSelectorErrors(spec.nodeSelector, `${path}.nodeSelector`),
  ];
}

function nodeSelectorErrors(selector: PodSpec["nodeSelector"], path: string): FieldError[] {
  return Object.entries(selector ?? {}).flatMap(([key, value]) => [
    ...invalidIf(checkLabelKey(key), path, key),
    ...invalidIf(checkLabelValue(value), path, value),
  ]);
}

function tolerationErrors(toleration: Toleration, path: string): FieldError[] {
  const { key = "", operator = "Equal", value = "", effect, tolerationSeconds } = toleration;
  const errors = key === "" ? [] : invalidIf(checkLabelKey(key), `${path}.key`, key);
  if (key === "" && operator !== "Exists") {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(`${path}.operator`, operator, detail));
  }
  if (operator === "Exists" && value !== "") {
    errors.push(invalid(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"));
  }
  if (operator === "Equal") errors.push(...invalidIf(checkLabelValue(value), `${path}.operator`, value));
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    errors.push(
      invalid(`${path}.effect`, effect ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set"),
    );
  }
  return errors;
}

function nodeAffinityErrors({ affinity }: PodSpec, path: string): FieldError[] {
  const demanded = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const wished = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const demandPath = `${path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  const wishPath = `${path}.preferredDuringSchedulingIgnoredDuringExecution`;
  return [
    ...(demanded?.nodeSelectorTerms ?? []).flatMap((term, index) =>
      nodeTermErrors(term, `${demandPath}[${index}]`),
    ),
    ...wished.flatMap(({ preference }, index) =>
      nodeTermErrors(preference, `${wishPath}[${index}].preference`),
    ),
  ];
}

export function nodeTermErrors(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  path: string,
): FieldError[] {
  return [
    ...matchExpressions.flatMap((each, index) => {
      const at = `${path}.matchExpressions[${index}]`;
      return [...invalidIf(checkLabelKey(each.key), `${at}.key`, each.key), ...valuesErrors(each, at)];
    }),
    ...matchFields.flatMap((each, index) => {
      const at = `${path}.matchFields[${index}]`;
      const isKnown = each.key === "metadata.name";
      return isKnown
        ? valuesErrors(each, at)
        : [invalid(`${at}.key`, each.key, "not a valid field selector key")];
    }),
  ];
}

function valuesErrors({ operator, values = [] }: NodeSelectorRequirement, path: string): FieldError[] {
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length > 0) return [];
      return [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case "Exists":
    case "DoesNotExist":
      if (values.length === 0) return [];
      return [
        forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      ];
    case "Gt":
    case "Lt":
      if (values.length !== 1) {
        return [required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
      }
      if (/^-?\d+$/.test(values[0] ?? "")) return [];
      return [invalid(`${path}.values[0]`, values[0], "must be an integer when `operator` is 'Lt' or 'Gt'")];
  }
}

function podAffinityErrors(affinity: PodAffinity | undefined, path: string): FieldError[] {
  const demanded = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const wished = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const demandPath = `${path}.requiredDuringSchedulingIgnoredDuringExecution`;
  const wishPath = `${path}.preferredDuringSchedulingIgnoredDuringExecution`;
  return [
    ...demanded.flatMap((term, index) => podTermErrors(term, `${demandPath}[${index}]`)),
    ...wished.flatMap(({ podAffinityTerm }, index) =>
      podTermErrors(podAffinityTerm, `${wishPath}[${index}].podAffinityTerm`),
    ),
  ];
}

function podTermErrors(term: PodAffinityTerm, path: string): FieldError[] {
  const { topologyKey, labelSelector, namespaceSelector, namespaces = [] } = term;
  const { matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  return [
    ...invalidIf(checkLabelKey(topologyKey), `${path}.topologyKey`, topologyKey),
    ...labelSelectorErrors(labelSelector, `${path}.labelSelector`),
    ...labelSelectorErrors(namespaceSelector, `${path}.namespaceSelector`),
    ...namespaces.flatMap((name, index) =>
      invalidIf(checkDnsLabel(name), `${path}.namespaces[${index}]`, name),
    ),
    ...labelKeysErrors(matchLabelKeys, labelSelector, `${path}.matchLabelKeys`),
    ...labelKeysErrors(mismatchLabelKeys, labelSelector, `${path}.mismatchLabelKeys`),
    ...matchLabelKeys.flatMap((key, index) =>
      mismatchLabelKeys.includes(key)
        ? [
            invalid(
              `${path}.matchLabelKeys[${index}]`,
              key,
              "exists in both matchLabelKeys and mismatchLabelKeys",
            ),
          ]
        : [],
    ),
  ];
}

/** Keys whose value in the pod itself is added to the selector. */
function labelKeysErrors(
  keys: readonly string[],
  selector: LabelSelector | undefined,
  path: string,
): FieldError[] {
  if (keys.length > 0 && selector === undefined) {
    return [forbidden(path, "must not be specified when labelSelector is not set")];
  }
  return keys.flatMap((key, index) => invalidIf(checkLabelKey(key), `${path}[${index}]`, key));
}

function spreadErrors(constraint: TopologySpreadConstraint, path: string): FieldError[] {
  const { topologyKey, labelSelector, minDomains, whenUnsatisfiable, matchLabelKeys = [] } = constraint;
  const errors = [
    ...invalidIf(checkLabelKey(topologyKey), `${path}.topologyKey`, topologyKey),
    ...labelSelectorErrors(labelSelector, `${path}.labelSelector`),
    ...labelKeysErrors(matchLabelKeys, labelSelector, `${path}.matchLabelKeys`),
  ];
  if (minDomains !== undefined && whenUnsatisfiable !== "DoNotSchedule") {
    const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
    errors.push(invalid(`${path}.minDomains`, minDomains, detail));
  }
  return errors;
}
