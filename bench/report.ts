/** How benchmarks print: a table for people, one JSON object a row with `--json`. */

export type Row = Readonly<Record<string, string | number>>;

export function report(title: string, rows: readonly Row[], notes: readonly string[] = []): void {
  if (process.argv.includes("--json")) {
    for (const row of rows) console.log(JSON.stringify(row));
    return;
  }
  console.log(`\n${title}`);
  console.table(rows);
  for (const note of notes) console.log(note);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/** The number behind `--NAME`, for repetitions and sizes. */
export function numberFlag(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? fallback : Number(process.argv[index + 1]);
}

/** The parts of a benchmark that `--only PART` leaves, all without it. */
export function wantedParts<Part extends string>(parts: readonly Part[]): readonly Part[] {
  const index = process.argv.indexOf("--only");
  if (index < 0) return parts;
  const only = process.argv[index + 1];
  const wanted = parts.filter((part) => part === only);
  if (wanted.length === 0) throw new Error(`--only ${only}: one of ${parts.join(", ")}`);
  return wanted;
}
