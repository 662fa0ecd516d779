/** What a Template and a ProcessedTemplate consist of. */

import { array, boolean, map, object, required, string, type Schema } from "../../schema.ts";
import type { JsonValue } from "../../schema.ts";

const parameter = object(
  "A value that is filled in.",
  {
    name: required(string("Name, as in ${NAME}.", { check: checkParameterName })),
    displayName: string("Name for people."),
    description: string("What it is for."),
    value: string("The value; it goes before what would be generated."),
    generate: string("`expression` makes a value of `from`.", { enum: ["", "expression"] }),
    from: string("What is generated, for instance [a-zA-Z0-9]{16}."),
    required: boolean("Whether it must not be empty."),
  },
  { name: "com.github.openshift.api.template.v1.Parameter" },
);

const anything: Schema<Record<string, JsonValue>> = {
  type: "object",
  description: "An object of any kind.",
  fields: {},
  preserveUnknown: true,
};

export const templateFields = {
  message: string("What its user is told when the objects are made; may have parameters in it."),
  objects: required(array(anything, "The objects, with ${NAME} and ${{NAME}} where parameters go.")),
  parameters: array(parameter, "The parameters.", { mergeKey: "name" }),
  labels: map(string("Value."), "Labels that every object gets; may have parameters in them."),
};

function checkParameterName(name: string): string | undefined {
  return /^\w+$/.test(name) ? undefined : "must be letters, digits and _";
}
