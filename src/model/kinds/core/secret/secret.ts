import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { boolean, bytes, map, object, string, type Infer } from "../../../schema.ts";

const fields = {
  data: map(bytes("Content of the entry, in base64."), "Entries by key."),
  stringData: map(string("Text of the entry."), "Entries as plain text; written into data, never shown."),
  type: string("What the entries are for, for instance kubernetes.io/tls.", {
    default: "Opaque",
    immutable: true,
  }),
  immutable: boolean("Whether the entries can no longer be changed."),
};

const schema = object("", fields);
export interface Secret extends KubeObject, Infer<typeof schema> {}

export const secret = defineKind<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  description: "Entries that only those who need them should see: passwords, tokens, keys.",
  fields,
  selectableFields: { type: ({ type }) => type ?? "" },
});
