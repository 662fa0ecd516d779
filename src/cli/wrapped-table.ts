/** Tables that stay within the terminal: the last column is wrapped under itself. */

const gap = "  ";
const minLastColumn = 24;

export interface TableOptions {
  /** Width that lines should keep to. */
  readonly width: number;
  readonly indent?: string | undefined;
}

export function wrappedTable(
  rows: readonly (readonly string[])[],
  { width, indent = "" }: TableOptions,
): string {
  const widths: number[] = [];
  const last = Math.max(0, ...rows.map((row) => row.length)) - 1;
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      if (column < last) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const before = indent.length + widths.reduce((sum, each) => sum + each + gap.length, 0);
  const room = Math.max(minLastColumn, width - before);
  return rows
    .flatMap((row) => {
      const lead = widths.map((each, column) => (row[column] ?? "").padEnd(each) + gap).join("");
      const [first = "", ...more] = wrap(row[last] ?? "", room);
      return [indent + lead + first, ...more.map((line) => " ".repeat(before) + line)];
    })
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Breaks at blanks; a word that is longer than the line stays whole, so that it can be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** `a, b, c and 7 more`, as many as fit. */
export function someOf(names: readonly string[], count: number, width: number): string {
  const shown: string[] = [];
  let length = " and 0000 more".length;
  for (const name of names) {
    length += name.length + 2;
    if (length > width && shown.length > 0) break;
    shown.push(name);
  }
  const left = count - shown.length;
  return left <= 0 ? shown.join(", ") : `${shown.join(", ")} and ${left} more`;
}
