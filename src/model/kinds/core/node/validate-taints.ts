import { invalidIf, type FieldError } from "../../../field-error.ts";
import { checkLabelKey, checkLabelValue } from "../../../labels.ts";
import type { Taint } from "./node-spec.ts";

export function taintErrors(taints: readonly Taint[], path: string): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap(({ key, value = "", effect }, index) => {
    const at = `${path}[${index}]`;
    const errors = [
      ...invalidIf(checkLabelKey(key), `${at}.key`, key),
      ...invalidIf(checkLabelValue(value), `${at}.value`, value),
    ];
    const pair = `${key}:${effect}`;
    if (seen.has(pair))
      errors.push({
        type: "Duplicate",
        path: at,
        value: pair,
        detail: "taints must be unique by key and effect pair",
      });
    seen.add(pair);
    return errors;
  });
}
