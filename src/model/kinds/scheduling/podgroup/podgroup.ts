import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { integer, map, object, oneOf, quantity, string, time, type Infer } from "../../../schema.ts";

const fields = {
  spec: object(
    "What the group needs.",
    {
      minMember: integer("How many of its pods must fit at once; with fewer, none is placed.", {
        default: 1,
        min: 1,
      }),
      minResources: map(quantity("Amount."), "What the cluster must have free before it is tried."),
      scheduleTimeoutSeconds: integer("How long placed pods wait for the others of the group.", { min: 1 }),
    },
    { name: "io.x-k8s.scheduling.v1alpha1.PodGroupSpec" },
  ),
  status: object(
    "What is with the group.",
    {
      phase: oneOf(
        ["Pending", "PreScheduling", "Scheduling", "Scheduled", "Running", "Unknown", "Finished", "Failed"],
        "How far the group is.",
      ),
      occupiedBy: string("Owner of its pods."),
      scheduled: integer("Pods that have a node."),
      running: integer("Pods that run."),
      succeeded: integer("Pods that succeeded."),
      failed: integer("Pods that failed."),
      scheduleStartTime: time("When the group was first tried."),
    },
    { name: "io.x-k8s.scheduling.v1alpha1.PodGroupStatus" },
  ),
};
const schema = object("", fields);
export interface PodGroup extends KubeObject, Infer<typeof schema> {}

export const podGroup = defineKind<PodGroup>({
  group: "scheduling.x-k8s.io",
  version: "v1alpha1",
  kind: "PodGroup",
  plural: "podgroups",
  shortNames: ["pg", "pgs"],
  description: "Pods that are placed together or not at all.",
  fields,
  initialStatus: () => ({ phase: "Pending" }),
  columns: [
    {
      name: "Phase",
      type: "string",
      description: "How far the group is.",
      value: ({ status }) => status?.phase ?? "",
    },
    {
      name: "MinMember",
      type: "integer",
      description: "How many of its pods must fit at once.",
      value: ({ spec }) => spec?.minMember ?? 1,
    },
    {
      name: "Running",
      type: "integer",
      description: "Pods that run.",
      value: ({ status }) => status?.running ?? 0,
    },
    {
      name: "Succeeded",
      type: "integer",
      description: "Pods that succeeded.",
      value: ({ status }) => status?.succeeded ?? 0,
    },
    {
      name: "Failed",
      type: "integer",
      description: "Pods that failed.",
      value: ({ status }) => status?.failed ?? 0,
    },
  ],
});
