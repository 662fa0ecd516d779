/**
 * The .env format: NAME=value a line, with quotes, values of several lines, comments and an `export` before. What is
 * wrong is told with its line. A dollar sign is a dollar sign: nothing is expanded.
 */

export class DotenvError extends Error {
  override readonly name = "DotenvError";
}

export const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
const quotes = ["'", '"', "`"];

/** `origin` is named in errors: the file, or standard input. */
export function parseDotenv(text: string, origin: string): Record<string, string> {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const values: Record<string, string> = {};
  const lineOf = new Map<string, number>();
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? "").trimStart();
    if (line === "" || line.startsWith("#")) continue;
    const number = at + 1;
    const fail = (why: string): never => {
      throw new DotenvError(`${origin}, line ${number}: ${why}`);
    };
    const assignment = line.replace(/^export\s+/, "");
    const equals = assignment.indexOf("=");
    if (equals < 0) fail(`${quote(line.trimEnd())} has no "=": write NAME=value, or # before a comment`);
    const name = assignment.slice(0, equals).trimEnd();
    if (!variableName.test(name))
      fail(`${quote(name)} is not a name of a variable: letters, digits and _ only, no digit first`);
    const earlier = lineOf.get(name);
    if (earlier !== undefined) fail(`${name} is set on line ${earlier} already`);
    lineOf.set(name, number);
    const start = assignment.slice(equals + 1).trimStart();
    if (!quotes.includes(start[0] ?? "")) {
      values[name] = start.replace(/(^|\s+)#.*$/, "").trimEnd();
      continue;
    }
    const rest = [start, ...lines.slice(at + 1)].join("\n");
    const quoted = readQuoted(rest);
    if (quoted === undefined) return fail(`the quote ${start[0]} before the value of ${name} is not closed`);
    at += quoted.source.split("\n").length - 1;
    const after = rest.slice(quoted.source.length).split("\n")[0] ?? "";
    if (!/^\s*(#.*)?$/.test(after))
      fail(
        `${quote(after.trim())} stands behind the closing quote of ${name}: put it inside, or # before it`,
      );
    values[name] = quoted.value;
  }
  return values;
}

/** Undefined when the closing quote is missing. */
function readQuoted(text: string): { readonly value: string; readonly source: string } | undefined {
  const mark = text[0];
  let value = "";
  for (let at = 1; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === mark) return { value, source: text.slice(0, at + 1) };
    const next = text[at + 1];
    if (mark === '"' && character === "\\" && next !== undefined) {
      value += escapes[next] ?? (/["\\$`]/.test(next) ? next : `\\${next}`);
      at += 1;
    } else value += character;
  }
  return undefined;
}

const plain = /^[\w./:@%+,=-]*$/;

/** Gives the same values back when it is parsed. */
export function formatDotenv(values: Readonly<Record<string, string>>): string {
  return sorted(values)
    .map(([name, value]) => `${name}=${plain.test(value) ? value : dotenvQuoted(value)}\n`)
    .join("");
}

function dotenvQuoted(value: string): string {
  if (!value.includes("'") && !value.includes("\r")) return `'${value}'`;
  return `"${value.replace(/["\\$`]/g, "\\$&").replaceAll("\r", "\\r")}"`;
}

/** For `eval "$(...)"` of a POSIX shell. */
export function formatShell(values: Readonly<Record<string, string>>): string {
  return sorted(values)
    .map(([name, value]) => `export ${name}=${shellWord(value)}\n`)
    .join("");
}

/** For a POSIX shell. */
export function shellWord(value: string): string {
  return /^[\w./:@%+,=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

function sorted(values: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
