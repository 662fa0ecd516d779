/** Arguments to values, by the options of a command. Every message names what was given and what is allowed. */

import { UsageError, type CommandSpec, type Host, type Option } from "./command.ts";

export type OptionValue = string | number | boolean | readonly string[];

export interface Parsed {
  readonly values: ReadonlyMap<string, OptionValue>;
  readonly args: readonly string[];
  /** Options that the arguments name themselves. */
  readonly given: ReadonlySet<string>;
}

export function envName(option: Option): string {
  return option.env ?? `NAGI_${option.name.toUpperCase().replaceAll("-", "_")}`;
}

interface ParseRequest {
  readonly spec: CommandSpec;
  /** The command's own options and the global ones. */
  readonly options: readonly Option[];
  readonly argv: readonly string[];
  readonly env: Host["env"];
}

export function parseArguments({ spec, options, argv, env }: ParseRequest): Parsed {
  const given = new Map<string, string[]>();
  const args: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (word === "--") {
      args.push(...argv.slice(index + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      args.push(word);
      if (spec.passThrough !== true) continue;
      args.push(...argv.slice(index + 1));
      break;
    }
    const { option, inline } = findOption(spec, options, word);
    const value = option.type === "boolean" ? (inline ?? "true") : (inline ?? argv[++index]);
    if (value === undefined)
      throw new UsageError(`--${option.name} needs a value (${option.value ?? "VALUE"})`, helpHint(spec));
    given.set(option.name, [...(given.get(option.name) ?? []), value]);
  }
  return { values: settle(options, given, env), args, given: new Set(given.keys()) };
}

interface Found {
  readonly option: Option;
  readonly inline: string | undefined;
}

function findOption(spec: CommandSpec, options: readonly Option[], word: string): Found {
  if (!word.startsWith("--")) {
    const option = options.find(({ short }) => short === word[1]);
    const rest = word.slice(2).replace(/^=/, "");
    if (option !== undefined) return { option, inline: rest === "" ? undefined : rest };
    throw unknownOption(spec, options, word);
  }
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const option = options.find((candidate) => candidate.name === name);
  if (option !== undefined) return { option, inline: equals < 0 ? undefined : word.slice(equals + 1) };
  const denied = options.find(({ type, name: known }) => type === "boolean" && name === `no-${known}`);
  if (denied !== undefined) return { option: denied, inline: "false" };
  throw unknownOption(spec, options, word);
}

function unknownOption(spec: CommandSpec, options: readonly Option[], word: string): UsageError {
  const near = closest(
    word.split("=")[0] ?? word,
    options.map(({ name }) => `--${name}`),
  );
  const meant = near === undefined ? "" : `; did you mean ${near}?`;
  return new UsageError(`nagi ${spec.name} has no option ${word}${meant}`, helpHint(spec));
}

function helpHint(spec: CommandSpec): string {
  return `See: nagi ${spec.name} --help`;
}

function settle(options: readonly Option[], given: ReadonlyMap<string, string[]>, env: Host["env"]) {
  const values = new Map<string, OptionValue>();
  for (const option of options) {
    const fromEnv = env[envName(option)];
    const words = given.get(option.name) ?? (fromEnv === undefined || fromEnv === "" ? undefined : [fromEnv]);
    if (words === undefined) {
      if (option.default !== undefined) values.set(option.name, option.default);
      continue;
    }
    const origin = given.has(option.name) ? `--${option.name}` : envName(option);
    values.set(option.name, option.multiple === true ? words : convert(option, words.at(-1) ?? "", origin));
  }
  return values;
}

function convert(option: Option, word: string, origin: string): OptionValue {
  if (option.type === "boolean") {
    if (["true", "1", "yes", "on"].includes(word)) return true;
    if (["false", "0", "no", "off"].includes(word)) return false;
    throw new UsageError(`${origin} is ${JSON.stringify(word)}: must be true or false`);
  }
  if (option.type === "number") {
    if (/^-?\d+(\.\d+)?$/.test(word)) return Number(word);
    throw new UsageError(`${origin} is ${JSON.stringify(word)}: must be a number`);
  }
  if (option.choices !== undefined && !option.choices.includes(word.split("=")[0] ?? ""))
    throw new UsageError(`${origin} is ${JSON.stringify(word)}: must be one of ${option.choices.join(", ")}`);
  return word;
}

/** The candidate within two edits of the word, if any: for "did you mean". */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((name) => ({ name, distance: editDistance(word, name) }))
    .filter(({ name, distance }) => distance <= Math.min(2, Math.floor(name.length / 2)))
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.name;
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
