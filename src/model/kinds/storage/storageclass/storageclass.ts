import { defineKind } from "../../../define.ts";
import {
  duplicates,
  forbidden,
  invalidIf,
  required as missing,
  type FieldError,
} from "../../../field-error.ts";
import { isJsonEqual } from "../../../json.ts";
import { checkLabelKey } from "../../../labels.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, boolean, map, object, oneOf, required, string, type Infer } from "../../../schema.ts";
import { ageText } from "../../../table.ts";

const topologySelectorTerm = object(
  "Demands on labels of nodes that must all hold.",
  {
    matchLabelExpressions: array(
      object(
        "A label and the values that it may have.",
        {
          key: required(string("Label of nodes.")),
          values: required(array(string("Value."), "Values, of which the node must have one.")),
        },
        { name: "io.k8s.api.core.v1.TopologySelectorLabelRequirement" },
      ),
      "Demands on labels.",
    ),
  },
  { name: "io.k8s.api.core.v1.TopologySelectorTerm" },
);

const fields = {
  provisioner: required(string("Who makes volumes of the class.", { immutable: true })),
  parameters: map(string("Value."), "Settings for the provisioner."),
  reclaimPolicy: oneOf(["Delete", "Retain"], "What becomes of its volumes when their claims are gone.", {
    default: "Delete",
    immutable: true,
  }),
  mountOptions: array(string("Option."), "Options of the mounts of its volumes."),
  allowVolumeExpansion: boolean("Whether its volumes may grow."),
  volumeBindingMode: oneOf(
    ["Immediate", "WaitForFirstConsumer"],
    "Whether claims get their volume at once, or when the first pod with the claim is placed.",
    { default: "Immediate", immutable: true },
  ),
  allowedTopologies: array(topologySelectorTerm, "Where volumes may be made; everywhere when absent."),
};
const schema = object("", fields);
export interface StorageClass extends KubeObject, Infer<typeof schema> {}

const defaultAnnotations = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

/** Claims that name no class get it. */
export function isDefaultClass({ metadata }: KubeObject): boolean {
  return defaultAnnotations.some((name) => metadata.annotations?.[name] === "true");
}

function errorsOf({ provisioner, allowedTopologies = [] }: StorageClass): FieldError[] {
  const errors = provisioner === "" ? [missing("provisioner", provisioner)] : [];
  errors.push(
    ...invalidIf(
      provisioner === "" ? undefined : checkLabelKey(provisioner.toLowerCase()),
      "provisioner",
      provisioner,
    ),
  );
  for (const [index, { matchLabelExpressions = [] }] of allowedTopologies.entries()) {
    const path = `allowedTopologies[${index}].matchLabelExpressions`;
    for (const [at, { key, values }] of matchLabelExpressions.entries()) {
      if (values.length === 0) errors.push(missing(`${path}[${at}].values`));
      errors.push(
        ...invalidIf(checkLabelKey(key), `${path}[${at}].key`, key),
        ...duplicates(values, (position) => `${path}[${at}].values[${position}]`),
      );
    }
    errors.push(
      ...duplicates(
        matchLabelExpressions.map(({ key }) => key),
        (at) => `${path}[${at}].key`,
      ),
    );
  }
  return errors;
}

export const storageClass = defineKind<StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  shortNames: ["sc"],
  namespaced: false,
  description: "A sort of storage: who makes its volumes, when, and what becomes of them.",
  fields,
  wholeTable: true,
  columns: [
    {
      name: "Name",
      type: "string",
      format: "name",
      description: "Name of the class.",
      value: (object) => `${object.metadata.name ?? ""}${isDefaultClass(object) ? " (default)" : ""}`,
    },
    {
      name: "Provisioner",
      type: "string",
      description: "Who makes its volumes.",
      value: ({ provisioner }) => provisioner,
    },
    {
      name: "ReclaimPolicy",
      type: "string",
      description: "What becomes of its volumes.",
      value: ({ reclaimPolicy }) => reclaimPolicy ?? "Delete",
    },
    {
      name: "VolumeBindingMode",
      type: "string",
      description: "When claims get their volume.",
      value: ({ volumeBindingMode }) => volumeBindingMode ?? "Immediate",
    },
    {
      name: "AllowVolumeExpansion",
      type: "string",
      description: "Whether its volumes may grow.",
      value: ({ allowVolumeExpansion }) => String(allowVolumeExpansion === true),
    },
    {
      name: "Age",
      type: "string",
      description: "Time since the creation.",
      value: ({ metadata }, { nowMs }) => ageText(metadata.creationTimestamp, nowMs),
    },
  ],
  validate: errorsOf,
  validateUpdate: (next, previous) =>
    isJsonEqual(next.parameters ?? {}, previous.parameters ?? {})
      ? []
      : [forbidden("parameters", "updates to parameters are forbidden.")],
});
