import { defineKind } from "../../../define.ts";
import { forbidden } from "../../../field-error.ts";
import { isJsonEqual } from "../../../json.ts";
import { controllerOf, type KubeObject } from "../../../meta.ts";
import { integer, object, required, type Infer } from "../../../schema.ts";
import { ageText } from "../../../table.ts";

const fields = {
  data: object("What the workload was; it never changes.", {}, { preserveUnknown: true }),
  revision: required(integer("Counts the revisions of the workload.", { min: 0 })),
};
const schema = object("", fields);
export interface ControllerRevision extends KubeObject, Infer<typeof schema> {}

export const controllerRevision = defineKind<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  description: "A template that a stateful set or a daemon set had.",
  fields,
  columns: [
    {
      name: "Controller",
      type: "string",
      description: "Whose revision it is.",
      value: (revision) => {
        const owner = controllerOf(revision);
        const group = owner?.apiVersion.split("/")[0] ?? "";
        return owner === undefined ? "<none>" : `${owner.kind.toLowerCase()}.${group}/${owner.name}`;
      },
    },
    {
      name: "Revision",
      type: "integer",
      description: "Its number.",
      value: ({ revision }) => revision,
    },
    {
      name: "Age",
      type: "string",
      description: "Time since the creation.",
      value: ({ metadata }, { nowMs }) => ageText(metadata.creationTimestamp, nowMs),
    },
  ],
  validateUpdate: (next, previous) =>
    isJsonEqual(next.data, previous.data) ? [] : [forbidden("data", "field is immutable")],
});
