import { defineKind } from "../../../define.ts";
import { duplicates, required as missing, type FieldError } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, integer, object, required, string, type Infer } from "../../../schema.ts";

const csiNodeDriver = object(
  "A CSI driver on the node.",
  {
    name: required(string("Name of the driver.")),
    nodeID: required(string("The driver's name of the node.")),
    topologyKeys: array(string("Label."), "Labels of nodes that the driver's volumes depend on."),
    allocatable: object(
      "Room for volumes of the driver.",
      { count: integer("How many of its volumes the node can have; no bound when absent.", { min: 0 }) },
      { name: "io.k8s.api.storage.v1.VolumeNodeResources" },
    ),
  },
  { name: "io.k8s.api.storage.v1.CSINodeDriver" },
);

const fields = {
  spec: required(
    object(
      "The drivers.",
      { drivers: required(array(csiNodeDriver, "CSI drivers on the node.", { mergeKey: "name" })) },
      { name: "io.k8s.api.storage.v1.CSINodeSpec" },
    ),
  ),
};
const schema = object("", fields);
export interface CSINode extends KubeObject, Infer<typeof schema> {}

function driverErrors({ spec: { drivers } }: CSINode): FieldError[] {
  return [
    ...drivers.flatMap(({ name, nodeID }, index) => [
      ...(name === "" ? [missing(`spec.drivers[${index}].name`)] : []),
      ...(nodeID === "" ? [missing(`spec.drivers[${index}].nodeID`)] : []),
    ]),
    ...duplicates(
      drivers.map(({ name }) => name),
      (index) => `spec.drivers[${index}].name`,
    ),
  ];
}

export const csiNode = defineKind<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  namespaced: false,
  description: "The CSI drivers of the node of the same name.",
  fields,
  columns: [
    {
      name: "Drivers",
      type: "integer",
      description: "How many drivers the node has.",
      value: ({ spec }) => spec.drivers.length,
    },
  ],
  validate: driverErrors,
});
