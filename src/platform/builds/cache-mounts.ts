/**
 * Cache mounts of a Dockerfile, made the app's own: `RUN --mount=type=cache` names a directory of the machine by its id
 * or target, and Podman 4 joins that to a path as it is, `../..` included. Pure.
 *
 * What must stay true: no mount of a text that comes out of here is a cache whose id the author of the Dockerfile chose,
 * whatever variables turn out to be. The text is therefore read exactly as the engine reads it, byte for byte, and what
 * might be read in two ways is refused (adr/0150).
 */

import { createHash } from "node:crypto";

export type PrivateCaches =
  /** Without a text the file may be built as it is. */
  { readonly ok: true; readonly text: string | undefined } | { readonly ok: false; readonly message: string };

class MountProblem extends Error {}

const idLength = 16;
/** Go's unicode.IsSpace, which is not JavaScript's \s. */
const leadingSpace = /^[\t\n\v\f\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+/;
const instruction = /^(RUN|ONBUILD[\t\v\f\r ]+RUN)[\t\v\f\r ]+/i;

/** The Dockerfile with ids of its caches that begin with `cacheId`. */
export function withPrivateCaches(text: string, cacheId: string): PrivateCaches {
  try {
    const changed = rewritten(text, cacheId);
    // What was no UTF-8 the engine might read otherwise.
    const isSame = changed === text && !text.includes("\uFFFD");
    return { ok: true, text: isSame ? undefined : changed };
  } catch (error) {
    if (!(error instanceof MountProblem)) throw error;
    return { ok: false, message: error.message };
  }
}

function rewritten(text: string, cacheId: string): string {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const goesOn = escapeOf(lines) === "`" ? /`[ \t]*$/ : /\\[ \t]*$/;
  const result: string[] = [];
  for (let index = 0; index < lines.length;) {
    const begin = index;
    let line = withoutReturn(lines[index++] ?? "").replace(leadingSpace, "");
    if (!line.startsWith("#") && goesOn.test(line)) {
      let open = true;
      line = line.replace(goesOn, "");
      for (; open && index < lines.length; index++) {
        const next = withoutReturn(lines[index] ?? "");
        // Comments and empty lines within an instruction are none of it.
        if (/^#|^$/.test(next.replace(leadingSpace, ""))) continue;
        open = goesOn.test(next);
        line += next.replace(goesOn, "");
      }
    }
    const changed = line.startsWith("#") ? undefined : changedInstruction(line, begin + 1, cacheId);
    result.push(...(changed === undefined ? lines.slice(begin, index) : [changed]));
  }
  return result.join("\n");
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** The character of `# escape=`. Builders differ in what may stand before it. */
function escapeOf(lines: readonly string[]): string {
  let escape = "\\";
  for (const [index, line] of lines.entries()) {
    const text = withoutReturn(line).replace(leadingSpace, "");
    if (text !== "" && !text.startsWith("#")) break;
    const found = /^#[ \t]*escape[ \t]*=[ \t]*(.)/iu.exec(text)?.[1];
    if (found === undefined) continue;
    if (index > 0) throw new MountProblem(`line ${index + 1}: # escape= must be the first line`);
    escape = found;
  }
  return escape;
}

/** Undefined for one that mounts nothing. */
function changedInstruction(line: string, number: number, cacheId: string): string | undefined {
  const start = instruction.exec(line)?.[0];
  if (start === undefined) return undefined;
  const { flags, rest } = flagsOf(line.slice(start.length), number);
  if (flags.length === 0) return undefined;
  const changed = flags.map((flag) => escaped(changedFlag(flag, number, cacheId)));
  return `${start.trimEnd()} ${changed.join(" ")} ${rest}`;
}

interface Flags {
  readonly flags: readonly string[];
  readonly rest: string;
}

/** Words that begin with --, without quotes and backslashes, as the engine takes them off before the command. */
function flagsOf(text: string, number: number): Flags {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(text[at])) at++;
    if (!text.startsWith("--", at)) return { flags, rest: text.slice(at) };
    let word = "";
    let quote = "";
    for (; at < text.length && (quote !== "" || !isSpace(text[at])); at++) {
      const char = text[at] ?? "";
      if (char > "\u007E") throw problem(number, "have a character in its options that is not ASCII");
      if (char === quote) quote = "";
      else if (quote === "" && (char === "'" || char === '"')) quote = char;
      else word += char === "\\" ? (text[++at] ?? "") : char;
    }
    if (word === "--") return { flags, rest: text.slice(at) };
    flags.push(word);
  }
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /[\t\n\v\f\r \u0085\u00A0]/.test(char);
}

/** So that the engine takes off what is put on here, and no more. */
function escaped(flag: string): string {
  return flag.replaceAll(/[\s'"\\]/g, String.raw`\$&`);
}

function changedFlag(flag: string, number: number, cacheId: string): string {
  const [, name, value] = /^--([a-z-]+)(?:=([\s\S]*))?$/.exec(flag) ?? [];
  if (name === undefined) throw problem(number, `have the option ${flag}: write its name as it is`);
  if (name !== "mount" || value === undefined) return flag;
  // The engine would take them off a second time.
  if (/['"\\]/.test(value)) throw problem(number, `have quotes or backslashes within --mount=${value}`);
  return `--mount=${changedMount(value, number, cacheId)}`;
}

/** The last of several types, or ids, is the one that counts: what variables bring stands before it. */
function changedMount(value: string, number: number, cacheId: string): string {
  const options = value.split(",");
  const type = lastOf(options, "type") ?? (value.includes("$") ? undefined : "bind");
  if (type === undefined || type.includes("$"))
    throw problem(
      number,
      `leave the type of --mount=${value} to a variable: write type=cache, or what it is`,
    );
  const kept = options.filter((option) => !/^(type=|id=)/.test(option) || isForeign(option, type));
  if (type !== "cache") return [...kept, `type=${type}`].join(",");
  const target = lastOf(options, "target") ?? lastOf(options, "dst") ?? lastOf(options, "destination");
  const name = lastOf(options, "id") ?? target ?? "";
  const digest = createHash("sha256").update(name).digest("hex").slice(0, idLength);
  return [...kept, "type=cache", `id=${cacheId}-${digest}`].join(",");
}

/** Ids of other mounts are for the engine to read. */
function isForeign(option: string, type: string): boolean {
  return type !== "cache" && option.startsWith("id=");
}

function lastOf(options: readonly string[], key: string): string | undefined {
  return options.findLast((option) => option.startsWith(`${key}=`))?.slice(key.length + 1);
}

function problem(number: number, what: string): MountProblem {
  const why = "Nagi gives each app caches of its own, for which it must understand the mounts of a step";
  return new MountProblem(`line ${number}: RUN must not ${what}. ${why}`);
}
