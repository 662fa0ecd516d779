/** One requirement of a node selector, held against one value. */

import type { SelectorRequirement } from "../../snapshot/objects.ts";

/** `value` is undefined when the node has no such label. An operator that nobody knows matches nothing. */
export function meets({ operator, values = [] }: SelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt":
      return compare(operator, value, values);
    default:
      return false;
  }
}

const wholeNumber = /^[+-]?\d+$/;

function compare(operator: "Gt" | "Lt", value: string | undefined, values: readonly string[]): boolean {
  const limit = values[0];
  if (value === undefined || limit === undefined || values.length !== 1) return false;
  if (!wholeNumber.test(value) || !wholeNumber.test(limit)) return false;
  return operator === "Gt" ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit);
}
