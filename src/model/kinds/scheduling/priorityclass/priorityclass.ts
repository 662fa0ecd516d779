import { defineKind } from "../../../define.ts";
import { forbidden, type FieldError } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { boolean, integer, object, oneOf, required, string, type Infer } from "../../../schema.ts";
import { ageText } from "../../../table.ts";

const int32Max = 2_147_483_647;

const fields = {
  value: required(
    integer("Priority of pods of the class; higher ones go first.", { min: -int32Max - 1, max: int32Max }),
  ),
  globalDefault: boolean("Whether pods that name no class get this one."),
  description: string("What the class is for."),
  preemptionPolicy: oneOf(
    ["PreemptLowerPriority", "Never"],
    "Whether its pods may push out pods of lower priority.",
    { default: "PreemptLowerPriority", immutable: true },
  ),
};
const schema = object("", fields);
export interface PriorityClass extends KubeObject, Infer<typeof schema> {}

/** Beyond what users may define; there from the start. */
export const systemPriorities: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};
const userPriorityMax = 1_000_000_000;
const systemPrefix = "system-";

function priorityErrors({ metadata: { name = "" }, value, globalDefault }: PriorityClass): FieldError[] {
  if (!name.startsWith(systemPrefix)) {
    if (value <= userPriorityMax) return [];
    return [forbidden("value", `maximum allowed value of a user defined priority is ${userPriorityMax}`)];
  }
  const known = systemPriorities[name];
  const reason =
    known === undefined
      ? `${name} is not a known system priority class`
      : value !== known
        ? `value of ${name} PriorityClass must be ${known}`
        : globalDefault === true
          ? `globalDefault of ${name} PriorityClass must be false`
          : undefined;
  if (reason === undefined) return [];
  const rule = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${reason}`;
  return [forbidden("metadata.name", rule)];
}

export const priorityClass = defineKind<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  shortNames: ["pc"],
  namespaced: false,
  description: "A name for a priority of pods.",
  fields,
  columns: [
    { name: "Value", type: "integer", description: "Priority of its pods.", value: ({ value }) => value },
    {
      name: "Global-Default",
      type: "string",
      description: "Whether pods that name no class get it.",
      value: ({ globalDefault }) => String(globalDefault === true),
    },
    {
      name: "Age",
      type: "string",
      description: "Time since the creation.",
      value: ({ metadata }, { nowMs }) => ageText(metadata.creationTimestamp, nowMs),
    },
    {
      name: "PreemptionPolicy",
      type: "string",
      description: "Whether its pods may push out others.",
      value: ({ preemptionPolicy }) => preemptionPolicy ?? "",
    },
  ],
  validate: priorityErrors,
  validateUpdate: (next, previous) =>
    next.value === previous.value ? [] : [forbidden("value", "may not be changed in an update.")],
});
