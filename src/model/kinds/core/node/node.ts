import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { object, type Infer } from "../../../schema.ts";
import { nodeResourceErrors } from "../validate-resources.ts";
import { nodeColumns } from "./columns.ts";
import { nodeSpec, nodeStatus } from "./node-spec.ts";
import { taintErrors } from "./validate-taints.ts";

const fields = { spec: nodeSpec, status: nodeStatus };
const schema = object("", fields);
export interface Node extends KubeObject, Infer<typeof schema> {}
export type { NodeStatus, Taint } from "./node-spec.ts";

export const node = defineKind<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  shortNames: ["no"],
  namespaced: false,
  description: "A machine, or a part of one, that runs pods.",
  fields,
  columns: nodeColumns,
  validate: ({ spec, status }) => [
    ...taintErrors(spec?.taints ?? [], "spec.taints"),
    ...nodeResourceErrors(status?.capacity, "status.capacity"),
    ...nodeResourceErrors(status?.allocatable, "status.allocatable"),
  ],
  selectableFields: { "spec.unschedulable": ({ spec }) => String(spec?.unschedulable === true) },
});
