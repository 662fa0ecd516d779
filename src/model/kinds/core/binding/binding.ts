import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { object, required, type Infer } from "../../../schema.ts";
import { objectReference } from "../references.ts";

const fields = { target: required(objectReference) };
const schema = object("", fields);
export interface Binding extends KubeObject, Infer<typeof schema> {}

export const binding = defineKind<Binding>({
  group: "",
  version: "v1",
  kind: "Binding",
  plural: "bindings",
  description: "Puts a pod on a node. Sent to the binding subresource of the pod; not stored.",
  fields,
  verbs: ["create"],
});
