/** What deployments, replica sets and jobs share: columns, defaults and rules of their templates. */

import { selectorCell } from "../../cells.ts";
import { invalid, notSupported, type FieldError } from "../../field-error.ts";
import type { Column } from "../../kind.ts";
import type { LabelSelector } from "../../label-selector.ts";
import { matches, selectorFromLabelSelector } from "../../labels.ts";
import type { KubeObject } from "../../meta.ts";
import { labelSelectorErrors } from "../../validate-label-selector.ts";
import { applyPodSpecDefaults } from "../core/pod/defaults.ts";
import type { PodTemplateSpec } from "../core/pod/pod-spec.ts";
import { podTemplateErrors } from "../core/pod/validate-pod-spec.ts";

export interface Workload extends KubeObject {
  spec: { selector?: LabelSelector | undefined; template?: PodTemplateSpec | undefined };
}

/** Before validation: the template may be missing. */
export function applyTemplateDefaults(template: PodTemplateSpec | undefined): void {
  if (template?.spec !== undefined) applyPodSpecDefaults(template.spec);
}

/** A selector that chooses what the template makes, and nothing by accident. */
export function selectorErrors({ spec }: Workload, kindWord: string): FieldError[] {
  const { selector = {}, template } = spec;
  const errors = labelSelectorErrors(selector, "spec.selector");
  if (errors.length > 0) return errors;
  const requirements = selectorFromLabelSelector(selector);
  const labels = template?.metadata?.labels;
  if (requirements.length === 0) {
    return [invalid("spec.selector", selector, `empty selector is invalid for ${kindWord}`)];
  }
  if (matches(requirements, labels)) return [];
  const detail = "`selector` does not match template `labels`";
  return [invalid("spec.template.metadata.labels", labels ?? {}, detail)];
}

export function templateErrors({ spec }: Workload, restartPolicies: readonly string[]): FieldError[] {
  const errors = podTemplateErrors(spec.template ?? {}, "spec.template");
  const policy = spec.template?.spec?.restartPolicy;
  if (policy !== undefined && !restartPolicies.includes(policy)) {
    errors.push(notSupported("spec.template.spec.restartPolicy", policy, restartPolicies));
  }
  if (spec.template?.spec?.activeDeadlineSeconds !== undefined && restartPolicies.includes("Always")) {
    errors.push({
      type: "Forbidden",
      path: "spec.template.spec.activeDeadlineSeconds",
      detail: "activeDeadlineSeconds in ReplicaSet is not Supported",
    });
  }
  return errors;
}

export const workloadWideColumns: readonly Column<Workload>[] = [
  {
    name: "Containers",
    type: "string",
    priority: 1,
    description: "Names of the containers.",
    value: ({ spec }) => (spec.template?.spec?.containers ?? []).map(({ name }) => name).join(","),
  },
  {
    name: "Images",
    type: "string",
    priority: 1,
    description: "Images of the containers.",
    value: ({ spec }) => (spec.template?.spec?.containers ?? []).map(({ image = "" }) => image).join(","),
  },
  {
    name: "Selector",
    type: "string",
    priority: 1,
    description: "Labels of the pods.",
    value: ({ spec }) => selectorCell(spec.selector),
  },
];
