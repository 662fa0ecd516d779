import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { boolean, bytes, map, object, string, type Infer } from "../../../schema.ts";
import { pagesErrors } from "../../route/route/pages.ts";
import { entriesErrors, immutableErrors } from "../config-entries.ts";

const fields = {
  data: map(string("Text of the entry."), "Text entries by key."),
  binaryData: map(bytes("Content of the entry, in base64."), "Binary entries by key."),
  immutable: boolean("Whether the entries can no longer be changed."),
};

const schema = object("", fields);
export interface ConfigMap extends KubeObject, Infer<typeof schema> {}

export const configMap = defineKind<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  shortNames: ["cm"],
  description: "Configuration that pods read as environment variables or files.",
  fields,
  validate: (object) => [...entriesErrors(object, false), ...pagesErrors(object)],
  validateUpdate: immutableErrors,
  columns: [
    {
      name: "Data",
      type: "integer",
      description: "How many entries there are.",
      value: ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    },
  ],
});
