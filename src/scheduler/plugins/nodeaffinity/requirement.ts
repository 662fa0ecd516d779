/** One requirement of a node selector, held against one value. */

import type { SelectorRequirement } from "../../snapshot/objects.ts";

const INT64_MAX = 2n ** 63n - 1n;
const wholeNumber = /^[+-]?\d{1,19}$/;

/** Whether the requirement makes sense; one that does not matches nothing, and neither does its term. */
export function isSound({ operator, values = [] }: SelectorRequirement): boolean {
  switch (operator) {
    case "In":
    case "NotIn":
      return values.length > 0;
    case "Exists":
    case "DoesNotExist":
      return values.length === 0;
    case "Gt":
    case "Lt":
      return values.length === 1 && integerOf(values[0]) !== undefined;
    default:
      return false;
  }
}

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

function compare(operator: "Gt" | "Lt", value: string | undefined, values: readonly string[]): boolean {
  const limit = values.length === 1 ? integerOf(values[0]) : undefined;
  const given = integerOf(value);
  if (given === undefined || limit === undefined) return false;
  return operator === "Gt" ? given > limit : given < limit;
}

function integerOf(text: string | undefined): bigint | undefined {
  if (text === undefined || !wholeNumber.test(text)) return undefined;
  const integer = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return integer > INT64_MAX || integer < -INT64_MAX - 1n ? undefined : integer;
}
