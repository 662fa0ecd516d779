/**
 * Fills in the parameters of a template, as OpenShift does: ${NAME} within texts, ${{NAME}} for a whole value that is
 * no text. Pure but for the chance that is given. https://docs.openshift.com/container-platform/latest/openshift_images/using-templates.html
 */

import type { FieldError } from "./field-error.ts";
import type { Template } from "./kinds/template/template/template.ts";
import type { JsonValue } from "./schema.ts";

/** A whole number from 0 on, below the limit. */
export type Chance = (limit: number) => number;

export type Processed =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

export function processTemplate(
  template: Template,
  given: Readonly<Record<string, string>>,
  chance: Chance,
): Processed {
  const errors: FieldError[] = [];
  const parameters = (template.parameters ?? []).map((parameter, index) => {
    const path = `parameters[${index}]`;
    const { name, generate = "", from = "" } = parameter;
    let value = given[name] ?? parameter.value ?? "";
    if (value === "" && generate === "expression") {
      const made = generateValue(from, chance);
      if (typeof made === "string") value = made;
      else errors.push({ type: "Invalid", path: `${path}.from`, value: from, detail: made.problem });
    }
    if (value === "" && parameter.required === true && !errors.some((error) => error.path.startsWith(path)))
      errors.push({ type: "Required", path, detail: `parameter ${name} is required and must be specified` });
    return { ...parameter, value };
  });
  const known = new Map(parameters.map(({ name, value }) => [name, value]));
  for (const name of Object.keys(given)) {
    if (known.has(name)) continue;
    const names = [...known.keys()].join(", ");
    const detail = `the template has no such parameter: it has ${names === "" ? "none" : names}`;
    errors.push({ type: "Invalid", path: "parameters", value: name, detail });
  }
  if (errors.length > 0) return { ok: false, errors };
  const fill = (value: JsonValue): JsonValue => filled(value, known);
  const labels = fill(template.labels ?? {}) as Record<string, string>;
  const objects = template.objects.map((each) => labelled(fill(each) as JsonObject, labels));
  const message = template.message === undefined ? undefined : filledWithin(template.message, known);
  return { ok: true, template: { ...template, message, labels, objects, parameters } };
}

type JsonObject = Record<string, JsonValue>;

function filled(value: JsonValue, values: ReadonlyMap<string, string>): JsonValue {
  if (typeof value === "string") return filledText(value, values);
  if (Array.isArray(value)) return value.map((each: JsonValue) => filled(each, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, each]) => [
      filledWithin(name, values),
      filled(each, values),
    ]),
  );
}

function filledText(text: string, values: ReadonlyMap<string, string>): JsonValue {
  const whole = /^\$\{\{(\w+)\}\}$/.exec(text)?.[1];
  const value = whole === undefined ? undefined : values.get(whole);
  if (value !== undefined) return plainValue(value);
  return filledWithin(text, values);
}

function filledWithin(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (match, name: string) => values.get(name) ?? match);
}

/** A number, true, false, null or other JSON; what is no JSON stays a text. */
function plainValue(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** The template's labels go before those of the object. */
function labelled(object: JsonObject, labels: Readonly<Record<string, string>>): JsonObject {
  const metadata = (object["metadata"] ?? {}) as JsonObject;
  const own = (metadata["labels"] ?? {}) as JsonObject;
  if (Object.keys(labels).length === 0) return object;
  return { ...object, metadata: { ...metadata, labels: { ...own, ...labels } } };
}

const lowercase = "abcdefghijklmnopqrstuvwxyz";
const uppercase = lowercase.toUpperCase();
const digits = "0123456789";
const classes: Readonly<Record<string, string>> = {
  w: `${lowercase}${uppercase}${digits}_`,
  d: digits,
  a: `${lowercase}${uppercase}`,
  A: "~!@#$%^&*()-_+={}[]\\|<,>.?/\"';:`",
};
const lengthMax = 255;

/** Of `[a-z0-9]{8}`, with text around it as it is; more than one such part may be there. */
function generateValue(from: string, chance: Chance): string | { readonly problem: string } {
  let problem: string | undefined;
  const made = from.replaceAll(
    /\[((?:\\.|[^\]\\])+)\](?:\{(\d+)\})?/g,
    (_match, set: string, count?: string) => {
      const length = Number(count ?? 1);
      const letters = lettersOf(set);
      if (letters === undefined) problem = `[${set}] has a range that runs backwards or is not known`;
      if (length > lengthMax) problem = `{${count}} is longer than ${lengthMax}`;
      if (problem !== undefined || letters === undefined) return "";
      return Array.from({ length }, () => letters[chance(letters.length)]).join("");
    },
  );
  if (problem === undefined && made === "") problem = "must say what to make, for instance [a-zA-Z0-9]{16}";
  return problem === undefined ? made : { problem };
}

function lettersOf(set: string): string[] | undefined {
  const letters = new Set<string>();
  for (let at = 0; at < set.length; at++) {
    const letter = set[at] ?? "";
    if (letter === "\\") {
      for (const each of classes[set[++at] ?? ""] ?? "") letters.add(each);
      continue;
    }
    const last = set[at + 1] === "-" ? set[at + 2] : undefined;
    if (last === undefined) {
      letters.add(letter);
      continue;
    }
    if (last < letter || !/[a-zA-Z0-9]/.test(letter) || !/[a-zA-Z0-9]/.test(last)) return undefined;
    for (let code = letter.charCodeAt(0); code <= last.charCodeAt(0); code++)
      letters.add(String.fromCharCode(code));
    at += 2;
  }
  return letters.size === 0 ? undefined : [...letters];
}
