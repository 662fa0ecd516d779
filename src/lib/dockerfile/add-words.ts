/**
 * What an ADD line takes: whether a word is a file of the source or something that the engine would fetch by itself,
 * past the network of builds (adr/0159). What must stay true: no word is taken for a file that an engine may take for an
 * address. What might be read in two ways is told as unknown. Pure.
 */

/** Values of variables by their names; undefined for one that is there and not known. */
export type Variables = ReadonlyMap<string, string | undefined>;

export type AddWord =
  /** `text`: without variables and quotes, where there were any. */
  | { readonly kind: "file"; readonly text: string }
  | { readonly kind: "url"; readonly text: string }
  | { readonly kind: "repository"; readonly text: string }
  | { readonly kind: "unknown"; readonly text: string };

/** How that begins which engines fetch, or have git fetch. */
const fetched = ["http://", "https://", "git://", "ssh://", "git@", "github.com/"];

export interface AddWords {
  readonly sources: readonly string[];
  readonly destination: string;
}

/** Words after the options, in either form; undefined for what is neither, or has no destination. */
export function addWords(rest: string): AddWords | undefined {
  const words = rest.trimStart().startsWith("[") ? listOf(rest) : rest.split(/[\t\v\f\r ]+/);
  const given = words?.filter((word) => word !== "") ?? [];
  const destination = given.at(-1);
  return destination === undefined || given.length < 2
    ? undefined
    : { sources: given.slice(0, -1), destination };
}

/** An engine reads the list and overlooks what comes after it; what is no list to it are words. */
function listOf(text: string): string[] | undefined {
  if (!text.includes('"')) return text.split(/[\t\v\f\r ]+/);
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((each) => typeof each === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}

export function readAddWord(word: string, variables: Variables): AddWord {
  const text = expandWord(word, variables);
  if (text !== undefined && !/[\s'"\\$`]/.test(text)) return { kind: kindOf(text), text };
  const start = (/^[^$'"\\`]*/.exec(word)?.[0] ?? "").toLowerCase();
  const mayBeFetched = fetched.some((each) => each.startsWith(start) || start.startsWith(each));
  return { kind: mayBeFetched ? "unknown" : "file", text: word };
}

function kindOf(text: string): "file" | "url" | "repository" {
  const lower = text.toLowerCase();
  if (/^https?:\/\//.test(lower)) return /\.git(#.*)?$/.test(lower) ? "repository" : "url";
  return fetched.some((each) => lower.startsWith(each)) ? "repository" : "file";
}

const part =
  /'(?<single>[^']*)'|(?<double>")|\$(?<bare>[A-Za-z_]\w*)|\$\{(?<braced>[A-Za-z_]\w*)(?:(?<operator>:?[-+])(?<other>[^}$'"\\`]*))?\}|(?<plain>[^$'"\\`]+)/y;

/** With its variables filled in and without quotes; undefined where that cannot be told. */
export function expandWord(word: string, variables: Variables): string | undefined {
  let result = "";
  let isOpen = false;
  for (part.lastIndex = 0; part.lastIndex < word.length;) {
    const groups = part.exec(word)?.groups;
    if (groups === undefined) return undefined;
    const { single, double, bare, braced, operator, other = "", plain } = groups;
    if (single !== undefined && isOpen) return undefined;
    if (double !== undefined) isOpen = !isOpen;
    const name = bare ?? braced;
    const value =
      name === undefined ? (single ?? plain ?? "") : valueOf(name, variables, { operator, other });
    if (value === undefined) return undefined;
    result += value;
  }
  return isOpen ? undefined : result;
}

interface Operation {
  readonly operator: string | undefined;
  readonly other: string;
}

function valueOf(name: string, variables: Variables, { operator, other }: Operation): string | undefined {
  const value = variables.get(name);
  if (variables.has(name) && value === undefined) return undefined;
  const isThere = value !== undefined && value !== "";
  if (operator?.endsWith("-") === true) return isThere ? value : other;
  if (operator?.endsWith("+") === true) return isThere ? other : "";
  return value;
}
