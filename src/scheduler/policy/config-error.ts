/** All that is wrong with a configuration file, each with its field, what was given and what is allowed. */

import { fieldErrorText, type FieldError } from "../../model/field-error.ts";

/** More are not listed: the first ones are what a person can use. */
const SHOWN_MAX = 20;

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly FieldError[];

  constructor(kind: string, problems: readonly FieldError[]) {
    const texts = problems.slice(0, SHOWN_MAX).map((each) => `${each.path}: ${fieldErrorText(each)}`);
    const rest = problems.length > SHOWN_MAX ? `, and ${problems.length - SHOWN_MAX} more` : "";
    super(`the ${kind} is invalid: ${texts.join("; ")}${rest}`);
    this.problems = problems;
  }
}
