import { defineKind } from "../../../define.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { checkDnsLabel } from "../../../names.ts";
import { array, object, oneOf, string, type Infer } from "../../../schema.ts";

const fields = {
  spec: object(
    "What the namespace should be.",
    { finalizers: array(string("Name."), "What must be done before the namespace goes.") },
    { name: "io.k8s.api.core.v1.NamespaceSpec" },
  ),
  status: object(
    "What the namespace is.",
    {
      phase: oneOf(["Active", "Terminating"], "Whether the namespace is on its way out."),
      conditions: array(condition, "Aspects of the namespace.", { mergeKey: "type" }),
    },
    { name: "io.k8s.api.core.v1.NamespaceStatus" },
  ),
};

const schema = object("", fields);
export interface Namespace extends KubeObject, Infer<typeof schema> {}

export const namespace = defineKind<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  shortNames: ["ns"],
  namespaced: false,
  description: "A room of its own for names: objects in different namespaces do not meet.",
  fields,
  checkName: checkDnsLabel,
  columns: [
    {
      name: "Status",
      type: "string",
      description: "Whether the namespace is on its way out.",
      value: ({ status }) => status?.phase ?? "",
    },
  ],
  subresources: [{ name: "finalize", verbs: ["update"] }],
  initialStatus: () => ({ phase: "Active" }),
  selectableFields: { "status.phase": ({ status }) => status?.phase ?? "" },
});
