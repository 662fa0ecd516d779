/** What a container, a pod or a build may use and is promised. */

import { array, map, object, quantity, required, string, type Infer } from "../../schema.ts";

const resourceClaim = object(
  "Names a claim of the pod that the container uses.",
  {
    name: required(string("Name of the claim in the pod's resourceClaims.")),
    request: string("One request of the claim; absent means all of it."),
  },
  { name: "io.k8s.api.core.v1.ResourceClaim" },
);

export const resourceList = map(
  quantity("Amount, for instance 500m or 256Mi."),
  "Amounts by resource: cpu, memory, ephemeral-storage, and extended resources such as example.com/gpu.",
);
export type ResourceList = Infer<typeof resourceList>;

export const resourceRequirements = object(
  "What is promised (requests) and what may not be exceeded (limits).",
  {
    limits: map(quantity("Amount."), "The most that may be used of each resource."),
    requests: map(
      quantity("Amount."),
      "What is set aside of each resource; where only a limit is given, the limit.",
    ),
    claims: array(resourceClaim, "Claims of the pod that the container uses.", { mergeKey: "name" }),
  },
  { name: "io.k8s.api.core.v1.ResourceRequirements" },
);
export interface ResourceRequirements extends Infer<typeof resourceRequirements> {}
