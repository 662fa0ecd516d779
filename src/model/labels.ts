/** Label selectors: their text form, their object form, and whether labels match. */

import type { LabelSelector } from "./label-selector.ts";
import { checkDnsSubdomain } from "./names.ts";
import { StatusError } from "./status.ts";

export type SelectorOperator = "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt";

export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

/** All requirements must hold; none at all matches everything. */
export type Selector = readonly Requirement[];

export type Labels = Readonly<Record<string, string>> | undefined;

/** No value is among none. */
export const nothing: Selector = [{ key: "", operator: "In", values: [] }];

export function matches(selector: Selector, labels: Labels): boolean {
  return selector.every((requirement) => holds(requirement, labels));
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
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
      return comparesTo(value, operator, values[0]);
  }
}

const integerText = /^[+-]?\d{1,18}$/;

function comparesTo(value: string | undefined, operator: "Gt" | "Lt", bound: string | undefined): boolean {
  if (value === undefined || bound === undefined) return false;
  if (!integerText.test(value) || !integerText.test(bound)) return false;
  return operator === "Gt" ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

/** An absent selector chooses nothing, an empty one everything, as in Kubernetes. */
export function selectorFromLabelSelector(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return nothing;
  const equal = selectorFromLabels(selector.matchLabels);
  const expressions = selector.matchExpressions ?? [];
  return [...equal, ...expressions.map(({ key, operator, values = [] }) => ({ key, operator, values }))];
}

/** All of these labels, with these values. */
export function selectorFromLabels(labels: Labels): Selector {
  return Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: "In", values: [value] }));
}

const operatorTexts = { Gt: ">", Lt: "<" } as const;

/** The text form, which `parseSelector` reads back. */
export function formatSelector(selector: Selector): string {
  return selector.map(formatRequirement).join(",");
}

function formatRequirement({ key, operator, values }: Requirement): string {
  const list = (): string => `(${values.toSorted().join(",")})`;
  switch (operator) {
    case "In":
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in ${list()}`;
    case "NotIn":
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin ${list()}`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    case "Gt":
    case "Lt":
      return `${key}${operatorTexts[operator]}${values[0]}`;
  }
}

/** Longer selectors are refused: each requirement costs time for every object. */
const selectorLengthMax = 64 * 1024;
const tokens = /\s*(==|!=|[=!<>(),]|[^\s=!<>(),]+)/y;

/** Reads `app=web,tier in (a,b),!old`; throws a StatusError BadRequest that says what was expected. */
export function parseSelector(text: string): Selector {
  if (text.length > selectorLengthMax) throw unparsable(text.slice(0, 64), "it is too long");
  const reader = new TokenReader(text);
  const requirements: Requirement[] = [];
  if (reader.peek() === undefined) return requirements;
  for (;;) {
    requirements.push(readRequirement(reader));
    const next = reader.take();
    if (next === undefined) return requirements;
    if (next !== ",") throw unparsable(text, `found '${next}', expected: ',' or the end`);
  }
}

class TokenReader {
  readonly text: string;
  #position = 0;

  constructor(text: string) {
    this.text = text.trimEnd();
  }

  peek(): string | undefined {
    const before = this.#position;
    const token = this.take();
    this.#position = before;
    return token;
  }

  take(): string | undefined {
    if (this.#position >= this.text.length) return undefined;
    tokens.lastIndex = this.#position;
    const match = tokens.exec(this.text);
    this.#position = tokens.lastIndex;
    return match?.[1];
  }
}

function isWord(token: string | undefined): token is string {
  return token !== undefined && !/^(==|!=|[=!<>(),])$/.test(token);
}

function readRequirement(reader: TokenReader): Requirement {
  if (reader.peek() === "!") {
    reader.take();
    return { key: readKey(reader), operator: "DoesNotExist", values: [] };
  }
  const key = readKey(reader);
  const operator = reader.peek();
  if (operator === undefined || operator === ",") return { key, operator: "Exists", values: [] };
  reader.take();
  switch (operator) {
    case "=":
    case "==":
      return { key, operator: "In", values: [readValue(reader)] };
    case "!=":
      return { key, operator: "NotIn", values: [readValue(reader)] };
    case "in":
      return { key, operator: "In", values: readValues(reader) };
    case "notin":
      return { key, operator: "NotIn", values: readValues(reader) };
    case ">":
    case "<":
      return { key, operator: operator === ">" ? "Gt" : "Lt", values: [readInteger(reader)] };
    default:
      throw unparsable(reader.text, `found '${operator}', expected: in, notin, =, ==, !=, <, >`);
  }
}

function readKey(reader: TokenReader): string {
  const key = reader.take();
  if (!isWord(key)) throw unparsable(reader.text, `found '${key ?? ""}', expected: !, identifier`);
  const problem = checkLabelKey(key);
  if (problem !== undefined) throw unparsable(reader.text, `key: Invalid value: ${quoted(key)}: ${problem}`);
  return key;
}

/** A value may be empty: `a=` and `a in (x,)`. */
function readValue(reader: TokenReader): string {
  const value = isWord(reader.peek()) ? (reader.take() ?? "") : "";
  const problem = checkLabelValue(value);
  if (problem !== undefined)
    throw unparsable(reader.text, `values[0]: Invalid value: ${quoted(value)}: ${problem}`);
  return value;
}

function readInteger(reader: TokenReader): string {
  const value = readValue(reader);
  if (integerText.test(value)) return value;
  throw unparsable(
    reader.text,
    `values[0]: Invalid value: ${quoted(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
  );
}

function readValues(reader: TokenReader): string[] {
  const opening = reader.take();
  if (opening !== "(") throw unparsable(reader.text, `found '${opening ?? ""}' expected: '('`);
  const values = new Set<string>();
  for (;;) {
    values.add(readValue(reader));
    const next = reader.take();
    if (next === ")") return [...values];
    if (next !== ",") throw unparsable(reader.text, `found '${next ?? ""}', expected: ',' or ')'`);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function unparsable(text: string, problem: string): StatusError {
  return new StatusError("BadRequest", `unable to parse requirement: ${problem} (selector ${quoted(text)})`);
}

const namePart = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const nameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** `name` or `prefix/name`: keys of labels, annotations, taints; names of finalizers and resources. */
export function checkLabelKey(key: string): string | undefined {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 2) {
    return `a qualified name ${nameRule} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
  }
  const [prefix = ""] = parts;
  if (parts.length === 2) {
    if (prefix === "") return "prefix part must be non-empty";
    const problem = checkDnsSubdomain(prefix);
    if (problem !== undefined) return `prefix part ${problem}`;
  }
  if (name === "") return "name part must be non-empty";
  if (name.length > 63) return "name part must be no more than 63 characters";
  if (namePart.test(name)) return undefined;
  return `name part ${nameRule} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;
}

export function checkLabelValue(value: string): string | undefined {
  if (value.length > 63) return "must be no more than 63 characters";
  if (value === "" || namePart.test(value)) return undefined;
  return `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`;
}
