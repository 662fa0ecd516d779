/** Checked copies of what others hand in; linear in the size. */

import { badRequest } from "../api-errors.ts";

/**
 * A copy that shares nothing with the original, without keys whose value is undefined. What JSON cannot carry
 * (an infinite number, a function), what is nested too deeply and a key `__proto__` are refused.
 */
export function copyJson<T>(value: T, nesting: number): T {
  return copy(value, nesting) as T;
}

function copy(value: unknown, nesting: number): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw badRequest("the body holds a number that is too large");
  }
  if (typeof value !== "object")
    throw badRequest(`the body holds a ${typeof value}, which JSON cannot carry`);
  if (nesting <= 0) throw badRequest("the body is nested too deeply");
  if (Array.isArray(value)) return value.map((element) => copy(element, nesting - 1));
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key === "__proto__") throw badRequest('the body holds a field "__proto__", which is not allowed');
    const field = (value as Record<string, unknown>)[key];
    if (field !== undefined) result[key] = copy(field, nesting - 1);
  }
  return result;
}
