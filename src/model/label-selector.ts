/** The selector of workloads and affinities, as an object; `labels.ts` evaluates it. */

import { array, map, object, oneOf, required, string, type Infer } from "./schema.ts";

export const labelSelectorRequirement = object(
  "One demand on a label.",
  {
    key: required(string("Label that is looked at.")),
    operator: required(
      oneOf(["In", "NotIn", "Exists", "DoesNotExist"], "How the label is compared with the values."),
    ),
    values: array(string("A value."), "Values of In and NotIn; must be empty for Exists and DoesNotExist."),
  },
  { name: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement" },
);

export const labelSelector = object(
  "Chooses objects by their labels; all demands must hold. An empty selector chooses everything.",
  {
    matchLabels: map(string("Value."), "Labels that must be there with these values."),
    matchExpressions: array(labelSelectorRequirement, "Further demands."),
  },
  { name: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector" },
);
export interface LabelSelector extends Infer<typeof labelSelector> {}
