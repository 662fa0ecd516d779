import type { Plugin } from "../../scheduler/framework/plugin.ts";

type PartType = "string" | "boolean" | "array" | "function";

/** What a plugin may be made of. */
const parts: Readonly<Record<keyof Plugin, PartType>> = {
  name: "string",
  policyName: "string",
  nodeLocal: "boolean",
  related: "array",
  version: "function",
  shareKey: "function",
  standing: "function",
  marks: "function",
  scoreMarks: "function",
  survey: "function",
  preFilter: "function",
  filter: "function",
  reasons: "function",
  resolvable: "function",
  postFilter: "function",
  candidates: "function",
  preScore: "function",
  score: "function",
  normalize: "function",
  hint: "function",
  reserve: "function",
  unreserve: "function",
  permit: "function",
  needsPreBind: "function",
  preBind: "function",
};

/** Of which type the part of that name is; undefined when a plugin has no such part. */
export function pluginPart(name: string): PartType | undefined {
  return Object.hasOwn(parts, name) ? parts[name as keyof Plugin] : undefined;
}
