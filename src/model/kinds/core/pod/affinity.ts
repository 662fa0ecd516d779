/** What draws a pod to nodes or keeps it away: affinity, tolerations, topology spread. Read by the scheduler. */

import { labelSelector } from "../../../label-selector.ts";
import { array, integer, object, oneOf, required, string, type Infer } from "../../../schema.ts";

export const nodeSelectorRequirement = object(
  "One demand on a label or field of the node.",
  {
    key: required(string("Label or field that is looked at.")),
    operator: required(
      oneOf(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"], "How it is compared with the values."),
    ),
    values: array(string("Value."), "Values; one integer for Gt and Lt, none for Exists and DoesNotExist."),
  },
  { name: "io.k8s.api.core.v1.NodeSelectorRequirement" },
);
export interface NodeSelectorRequirement extends Infer<typeof nodeSelectorRequirement> {}

export const nodeSelectorTerm = object(
  "Demands that must all hold; an empty term chooses no node.",
  {
    matchExpressions: array(nodeSelectorRequirement, "Demands on labels."),
    matchFields: array(nodeSelectorRequirement, "Demands on fields; metadata.name is the only one."),
  },
  { name: "io.k8s.api.core.v1.NodeSelectorTerm" },
);
export interface NodeSelectorTerm extends Infer<typeof nodeSelectorTerm> {}

export const nodeSelector = object(
  "Chooses nodes: one of the terms must hold.",
  {
    nodeSelectorTerms: required(array(nodeSelectorTerm, "Terms, of which one must hold.", { minLength: 1 })),
  },
  { name: "io.k8s.api.core.v1.NodeSelector" },
);

const preferredSchedulingTerm = object(
  "A wish about nodes.",
  {
    weight: required(integer("How much it counts.", { min: 1, max: 100 })),
    preference: required(nodeSelectorTerm),
  },
  { name: "io.k8s.api.core.v1.PreferredSchedulingTerm" },
);

export const nodeAffinity = object(
  "Demands and wishes about the node.",
  {
    requiredDuringSchedulingIgnoredDuringExecution: nodeSelector,
    preferredDuringSchedulingIgnoredDuringExecution: array(preferredSchedulingTerm, "Wishes about the node."),
  },
  { name: "io.k8s.api.core.v1.NodeAffinity" },
);

export const podAffinityTerm = object(
  "Chooses pods near which (or far from which) this one is wanted.",
  {
    labelSelector,
    namespaces: array(string("Namespace."), "Namespaces of those pods; this pod's when absent."),
    namespaceSelector: labelSelector,
    topologyKey: required(string("Label of nodes; equal values mean near.")),
    matchLabelKeys: array(string("Label."), "Labels whose value in this pod is demanded too."),
    mismatchLabelKeys: array(string("Label."), "Labels whose value in this pod is forbidden."),
  },
  { name: "io.k8s.api.core.v1.PodAffinityTerm" },
);
export interface PodAffinityTerm extends Infer<typeof podAffinityTerm> {}

const weightedPodAffinityTerm = object(
  "A wish about nearness to pods.",
  {
    weight: required(integer("How much it counts.", { min: 1, max: 100 })),
    podAffinityTerm: required(podAffinityTerm),
  },
  { name: "io.k8s.api.core.v1.WeightedPodAffinityTerm" },
);

const podAffinityFields = {
  requiredDuringSchedulingIgnoredDuringExecution: array(podAffinityTerm, "What must hold."),
  preferredDuringSchedulingIgnoredDuringExecution: array(weightedPodAffinityTerm, "What is wished."),
};

const podAffinity = object("Nearness to pods.", podAffinityFields, {
  name: "io.k8s.api.core.v1.PodAffinity",
});
const podAntiAffinity = object("Distance from pods.", podAffinityFields, {
  name: "io.k8s.api.core.v1.PodAntiAffinity",
});
export interface PodAffinity extends Infer<typeof podAffinity> {}

export const affinity = object(
  "Demands and wishes about the pod's place.",
  { nodeAffinity, podAffinity, podAntiAffinity },
  { name: "io.k8s.api.core.v1.Affinity" },
);
export interface Affinity extends Infer<typeof affinity> {}

export const toleration = object(
  "Lets the pod be placed in spite of a taint.",
  {
    key: string("Key of the taint; empty with Exists tolerates all taints."),
    operator: oneOf(["Exists", "Equal"], "Whether the value is compared; Equal when absent."),
    value: string("Value of the taint, for Equal."),
    effect: oneOf(
      ["NoSchedule", "PreferNoSchedule", "NoExecute"],
      "Effect of the taint; all effects when absent.",
    ),
    tolerationSeconds: integer("How long a NoExecute taint is tolerated; for ever when absent."),
  },
  { name: "io.k8s.api.core.v1.Toleration" },
);
export interface Toleration extends Infer<typeof toleration> {}

export const topologySpreadConstraint = object(
  "Spreads like pods evenly over zones, nodes or other domains.",
  {
    maxSkew: required(integer("By how many pods domains may differ.", { min: 1 })),
    topologyKey: required(string("Label of nodes whose values are the domains.")),
    whenUnsatisfiable: required(
      oneOf(["DoNotSchedule", "ScheduleAnyway"], "Whether it is a demand or a wish."),
    ),
    labelSelector,
    minDomains: integer("With fewer domains than this, the least filled counts as empty.", { min: 1 }),
    nodeAffinityPolicy: oneOf(["Honor", "Ignore"], "Whether only nodes that the pod may use count."),
    nodeTaintsPolicy: oneOf(["Honor", "Ignore"], "Whether only nodes whose taints it tolerates count."),
    matchLabelKeys: array(string("Label."), "Labels whose value in this pod is demanded too."),
  },
  { name: "io.k8s.api.core.v1.TopologySpreadConstraint" },
);
export interface TopologySpreadConstraint extends Infer<typeof topologySpreadConstraint> {}
