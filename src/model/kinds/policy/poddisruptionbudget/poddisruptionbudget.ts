import { defineKind } from "../../../define.ts";
import { invalid, type FieldError } from "../../../field-error.ts";
import { labelSelector } from "../../../label-selector.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { array, integer, intOrString, map, object, oneOf, time, type Infer } from "../../../schema.ts";
import { labelSelectorErrors } from "../../../validate-label-selector.ts";
import { countOrPercentErrors } from "../../count-or-percent.ts";

const podDisruptionBudgetSpec = object(
  "How many pods must stay.",
  {
    minAvailable: intOrString("How many pods must stay, as a number or a percentage."),
    selector: labelSelector,
    maxUnavailable: intOrString("How many pods may be missing, as a number or a percentage."),
    unhealthyPodEvictionPolicy: oneOf(
      ["IfHealthyBudget", "AlwaysAllow"],
      "When pods that are not ready may be evicted: while enough others are ready, or always.",
    ),
  },
  { name: "io.k8s.api.policy.v1.PodDisruptionBudgetSpec" },
);
export interface PodDisruptionBudgetSpec extends Infer<typeof podDisruptionBudgetSpec> {}

const podDisruptionBudgetStatus = object(
  "How many pods may go now.",
  {
    observedGeneration: integer("Generation of the spec that this speaks of."),
    disruptedPods: map(time("When."), "Pods whose eviction was granted and that are still there, by name."),
    disruptionsAllowed: integer("How many pods may be evicted now."),
    currentHealthy: integer("Pods that are ready."),
    desiredHealthy: integer("How many pods must be ready."),
    expectedPods: integer("Pods that the budget is about."),
    conditions: array(condition, "Aspects of the budget: DisruptionAllowed.", { mergeKey: "type" }),
  },
  { name: "io.k8s.api.policy.v1.PodDisruptionBudgetStatus" },
);

const fields = { spec: podDisruptionBudgetSpec, status: podDisruptionBudgetStatus };
const schema = object("", fields);
export interface PodDisruptionBudget extends KubeObject, Infer<typeof schema> {}

function budgetErrors({ spec = {} }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
  }
  if (minAvailable !== undefined) {
    errors.push(...countOrPercentErrors(minAvailable, "spec.minAvailable", true));
  }
  if (maxUnavailable !== undefined) {
    errors.push(...countOrPercentErrors(maxUnavailable, "spec.maxUnavailable", true));
  }
  return [...errors, ...labelSelectorErrors(spec.selector, "spec.selector")];
}

export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  shortNames: ["pdb"],
  description: "How many of some pods may be missing at once when pods are evicted.",
  fields,
  columns: [
    {
      name: "Min Available",
      type: "string",
      description: "How many pods must stay.",
      value: ({ spec }) => String(spec?.minAvailable ?? "N/A"),
    },
    {
      name: "Max Unavailable",
      type: "string",
      description: "How many pods may be missing.",
      value: ({ spec }) => String(spec?.maxUnavailable ?? "N/A"),
    },
    {
      name: "Allowed Disruptions",
      type: "integer",
      description: "How many pods may be evicted now.",
      value: ({ status }) => status?.disruptionsAllowed ?? 0,
    },
  ],
  initialStatus: () => ({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  validate: budgetErrors,
});
