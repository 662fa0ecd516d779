import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, map, object, quantity, string, time, type Infer } from "../../../schema.ts";
import { addQuantities, formatQuantity, parseQuantity } from "../../../quantity.ts";

const containerMetrics = object(
  "What a container uses.",
  {
    name: string("Name of the container."),
    usage: map(
      quantity("Amount."),
      "What it uses: cpu and memory; and, bytes a second, nagi.dev/received, sent, disk-read, disk-written; nagi.dev/cpu-throttled is the share of the time that it was denied the processor by its limit.",
    ),
  },
  { name: "io.k8s.metrics.pkg.apis.metrics.v1beta1.ContainerMetrics" },
);

const fields = {
  timestamp: time("When the measurement ended."),
  window: string("How long was measured, for instance 15s."),
  containers: array(containerMetrics, "The containers that run.", { mergeKey: "name" }),
};
const schema = object("", fields);
export interface PodMetrics extends KubeObject, Infer<typeof schema> {}

function total({ containers = [] }: PodMetrics, resource: string): string {
  const amounts = containers.map(({ usage }) => parseQuantity(usage?.[resource] ?? "0"));
  const [first, ...rest] = amounts;
  return first === undefined ? "" : formatQuantity(rest.reduce(addQuantities, first));
}

export const podMetrics = defineKind<PodMetrics>({
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: "PodMetrics",
  // The name that `kubectl top pods` asks for; the pod itself is in the core group.
  plural: "pods",
  description: "What the pod of the same name really uses.",
  fields,
  columns: [
    {
      name: "CPU",
      type: "string",
      description: "Processors in use.",
      value: (object) => total(object, "cpu"),
    },
    {
      name: "Memory",
      type: "string",
      description: "Memory in use.",
      value: (object) => total(object, "memory"),
    },
    {
      name: "Window",
      type: "string",
      description: "How long was measured.",
      value: ({ window }) => window ?? "",
    },
  ],
});
