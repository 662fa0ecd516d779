import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { object, type Infer } from "../../../schema.ts";
import { templateFields } from "../template-fields.ts";

const schema = object("", templateFields);
export interface Template extends KubeObject, Infer<typeof schema> {}

export const template = defineKind<Template>({
  group: "template.openshift.io",
  version: "v1",
  kind: "Template",
  plural: "templates",
  description: "Objects with parameters in them, made together.",
  fields: templateFields,
  columns: [
    {
      name: "Description",
      type: "string",
      description: "What it makes.",
      value: ({ metadata }) => metadata.annotations?.["description"]?.split("\n")[0] ?? "",
    },
    {
      name: "Parameters",
      type: "string",
      description: "How many there are, and how many have no value yet.",
      value: ({ parameters = [] }) => {
        const blank = parameters.filter(({ value = "", generate = "" }) => value === "" && generate === "");
        return `${parameters.length} (${blank.length === 0 ? "all set" : `${blank.length} blank`})`;
      },
    },
    {
      name: "Objects",
      type: "integer",
      description: "How many objects it makes.",
      value: ({ objects }) => objects.length,
    },
  ],
});
