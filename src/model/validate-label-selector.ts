/** Rules of label selectors in their object form. */

import { forbidden, invalidIf, required, type FieldError } from "./field-error.ts";
import type { LabelSelector } from "./label-selector.ts";
import { checkLabelKey, checkLabelValue } from "./labels.ts";

export function labelSelectorErrors(selector: LabelSelector | undefined, path: string): FieldError[] {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return [
    ...Object.entries(matchLabels).flatMap(([key, value]) => [
      ...invalidIf(checkLabelKey(key), `${path}.matchLabels`, key),
      ...invalidIf(checkLabelValue(value), `${path}.matchLabels`, value),
    ]),
    ...matchExpressions.flatMap(({ key, operator, values = [] }, index) => {
      const at = `${path}.matchExpressions[${index}]`;
      const errors = invalidIf(checkLabelKey(key), `${at}.key`, key);
      const takesValues = operator === "In" || operator === "NotIn";
      if (takesValues && values.length === 0) {
        errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      if (!takesValues && values.length > 0) {
        const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push(forbidden(`${at}.values`, detail));
      }
      return [
        ...errors,
        ...values.flatMap((value, position) =>
          invalidIf(checkLabelValue(value), `${at}.values[${position}]`, value),
        ),
      ];
    }),
  ];
}
