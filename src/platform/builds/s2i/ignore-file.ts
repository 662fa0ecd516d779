/**
 * `.s2iignore`: what of the source the builder is not given, by the rules of s2i: one pattern a line, from the root of
 * the source; `*`, `?` and `[...]` stay within a directory; a directory goes with all that is in it; `!` takes back what
 * a line before named, but not out of a directory that goes. Pure.
 */

export const ignoreFile = ".s2iignore";

const maxPatterns = 1000;

export type IgnoreResult =
  | { readonly ok: true; readonly isIgnored: (path: string) => boolean }
  /** Says the line and what is wrong with it. */
  | { readonly ok: false; readonly message: string };

interface Rule {
  readonly expression: RegExp;
  readonly takesBack: boolean;
}

export function readIgnoreFile(text: string): IgnoreResult {
  const rules: Rule[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const takesBack = line.startsWith("!");
    const pattern = line
      .replace(/^!/, "")
      .trim()
      .replace(/^(\.?\/)+/, "")
      .replace(/\/+$/, "");
    const expression = pattern === "" ? undefined : expressionOf(pattern);
    if (expression === undefined)
      return {
        ok: false,
        message: `${ignoreFile} line ${index + 1}: ${JSON.stringify(line)} is no pattern: a [ must be closed by ]`,
      };
    rules.push({ expression, takesBack });
  }
  if (rules.length > maxPatterns)
    return { ok: false, message: `${ignoreFile}: more than ${maxPatterns} patterns` };
  const isNamed = (path: string): boolean => {
    const last = rules.findLast(({ expression }) => expression.test(path));
    return last !== undefined && !last.takesBack;
  };
  return { ok: true, isIgnored: (path) => withParents(path).some(isNamed) };
}

/** `a`, `a/b`, `a/b/c`. */
function withParents(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_part, index) => parts.slice(0, index + 1).join("/"));
}

/** Of Go's filepath.Match, which s2i asks; undefined for what is no pattern. */
function expressionOf(pattern: string): RegExp | undefined {
  let text = "";
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? "";
    if (char === "*") text += "[^/]*";
    else if (char === "?") text += "[^/]";
    else if (char === "[") {
      const [whole, not, set] = /^\[(\^?)((?:\\.|[^\]\\])+)\]/.exec(pattern.slice(at)) ?? [];
      if (whole === undefined || set === undefined) return undefined;
      text += `(?!/)[${not}${set.replaceAll("[", "\\[")}]`;
      at += whole.length - 1;
    } else if (char === "\\") text += literal(pattern[++at] ?? "\\");
    else text += literal(char);
  }
  try {
    return new RegExp(`^${text}$`, "s");
  } catch {
    // A range that ends before it begins.
    return undefined;
  }
}

function literal(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`);
}
