import { defineKind } from "../../../define.ts";
import { required, type FieldError } from "../../../field-error.ts";
import { setOwn } from "../../../json.ts";
import type { KubeObject } from "../../../meta.ts";
import { boolean, bytes, map, object, string, type Infer } from "../../../schema.ts";
import { entriesErrors, immutableErrors } from "../config-entries.ts";

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

/** Texts win over data of the same key, and are only a way to write data. */
function moveTexts(object: Secret): void {
  const { stringData } = object;
  delete object.stringData;
  if (stringData === undefined) return;
  const data = (object.data ??= {});
  for (const [key, text] of Object.entries(stringData)) setOwn(data, key, base64(text));
}

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Entries that secrets of these types must have. */
const typeKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/dockercfg": [".dockercfg"],
};

function typeErrors({ type = "", data = {} }: Secret): FieldError[] {
  const missing = (typeKeys[type] ?? []).filter((key) => !Object.hasOwn(data, key));
  return missing.map((key) => required(`data[${key}]`));
}

export const secret = defineKind<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  description: "Entries that only those who need them should see: passwords, tokens, keys.",
  fields,
  columns: [
    {
      name: "Type",
      type: "string",
      description: "What the entries are for.",
      value: ({ type }) => type ?? "",
    },
    {
      name: "Data",
      type: "integer",
      description: "How many entries there are.",
      value: ({ data }) => Object.keys(data ?? {}).length,
    },
  ],
  applyDefaults: moveTexts,
  validate: (object) => [...entriesErrors(object, true), ...typeErrors(object)],
  validateUpdate: immutableErrors,
  selectableFields: { type: ({ type }) => type ?? "" },
});
