/**
 * The instructions of a Dockerfile and their options, read exactly as a container engine reads them, byte for byte:
 * what depends on it is that no mount gets past who looks (adr/0150, adr/0153). What might be read in two ways is a
 * problem. Pure.
 */

/** What a Dockerfile must not have, in words. */
export class DockerfileProblem extends Error {
  override readonly name = "DockerfileProblem";
}

export interface Instruction {
  /** Lines of the file, as they are. */
  readonly lines: readonly string[];
  /** All on one line; "" for comments, empty lines and the bodies of here-documents. */
  readonly text: string;
  /** Of its first line; the first of the file is 1. */
  readonly number: number;
}

export interface ReadOptions {
  /** Whether the engine knows here-documents. One that does not takes their lines for instructions. */
  readonly heredocs?: boolean | undefined;
}

/** Go's unicode.IsSpace, which is not JavaScript's \s. */
const leadingSpace = /^[\t\n\v\f\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+/;
const heredoc = /<<-?\s*(["']?)([A-Za-z_]\w*)\1/g;

/** Joined by line ends, `lines` of all are the text, without a byte order mark. */
export function readInstructions(text: string, { heredocs = false }: ReadOptions = {}): Instruction[] {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const goesOn = escapeOf(lines) === "`" ? /`[ \t]*$/ : /\\[ \t]*$/;
  const found: Instruction[] = [];
  for (let index = 0; index < lines.length;) {
    const begin = index;
    let line = withoutReturn(lines[index++] ?? "").replace(leadingSpace, "");
    if (line.startsWith("#")) line = "";
    if (goesOn.test(line)) {
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
    found.push({ lines: lines.slice(begin, index), text: line, number: begin + 1 });
    if (heredocs) index = pushBodies(found, { line, lines, index });
  }
  return found;
}

interface At {
  readonly line: string;
  readonly lines: readonly string[];
  readonly index: number;
}

/** The here-documents that the line begins; where the next instruction is. */
function pushBodies(found: Instruction[], { line, lines, index }: At): number {
  if (!/^(RUN|COPY|ADD)\s/i.test(line)) return index;
  let at = index;
  for (const [, , end = ""] of line.matchAll(heredoc)) {
    const begin = at;
    while (at < lines.length && (lines[at] ?? "").trim() !== end) at++;
    at = Math.min(at + 1, lines.length);
    if (at > begin) found.push({ lines: lines.slice(begin, at), text: "", number: begin + 1 });
  }
  return at;
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** The character of `# escape=`. Builders differ in what may stand before it. */
export function escapeOf(lines: readonly string[]): string {
  let escape = "\\";
  for (const [index, line] of lines.entries()) {
    const text = withoutReturn(line).replace(leadingSpace, "");
    if (text !== "" && !text.startsWith("#")) break;
    const found = /^#[ \t]*escape[ \t]*=[ \t]*(.)/iu.exec(text)?.[1];
    if (found === undefined) continue;
    if (index > 0) throw new DockerfileProblem(`line ${index + 1}: # escape= must be the first line`);
    escape = found;
  }
  return escape;
}

export interface Options {
  /** `--name=value`, without quotes and backslashes. */
  readonly flags: readonly string[];
  readonly rest: string;
}

/** Words that begin with --, as the engine takes them off before what follows the instruction's name. */
export function optionsOf(text: string, number: number): Options {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(text[at])) at++;
    if (!text.startsWith("--", at)) return { flags, rest: text.slice(at) };
    let word = "";
    let quote = "";
    for (; at < text.length && (quote !== "" || !isSpace(text[at])); at++) {
      const char = text[at] ?? "";
      if (char > "\u007E")
        throw new DockerfileProblem(`line ${number}: the options of an instruction must be ASCII`);
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

/** What comes after the instruction's name; undefined for another instruction. `start` is the name as it is written. */
export function afterName(
  text: string,
  name: string,
): { readonly start: string; readonly rest: string } | undefined {
  const start = new RegExp(`^${name}[\\t\\v\\f\\r ]+`, "i").exec(text)?.[0];
  return start === undefined ? undefined : { start: start.trimEnd(), rest: text.slice(start.length) };
}
