import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { map, object, quantity, string, time, type Infer } from "../../../schema.ts";

const fields = {
  timestamp: time("When the measurement ended."),
  window: string("How long was measured, for instance 30s."),
  usage: map(
    quantity("Amount."),
    "What was used, all processes of the machine included: cpu, memory, and what else is measured.",
  ),
};
const schema = object("", fields);
export interface NodeMetrics extends KubeObject, Infer<typeof schema> {}

export const nodeMetrics = defineKind<NodeMetrics>({
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: "NodeMetrics",
  // The name that `kubectl top nodes` asks for; the node itself is in the core group.
  plural: "nodes",
  namespaced: false,
  description: "What the node of the same name really uses.",
  fields,
  columns: [
    {
      name: "CPU",
      type: "string",
      description: "Processors in use.",
      value: ({ usage }) => usage?.["cpu"] ?? "",
    },
    {
      name: "Memory",
      type: "string",
      description: "Memory in use.",
      value: ({ usage }) => usage?.["memory"] ?? "",
    },
    {
      name: "Window",
      type: "string",
      description: "How long was measured.",
      value: ({ window }) => window ?? "",
    },
  ],
});
