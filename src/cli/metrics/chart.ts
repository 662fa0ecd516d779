/** Numbers over time as one line of text: the taller the block, the larger the number. */

const blocks = "▁▂▃▄▅▆▇█";

/** As many characters as `width`, of so many or more values; a value that is absent is a blank. */
export function sparkline(values: readonly (number | undefined)[], width: number): string {
  const shown = squeezed(values, width);
  const largest = Math.max(0, ...shown.map((value) => value ?? 0));
  return shown
    .map((value) => {
      if (value === undefined) return " ";
      const step = largest === 0 ? 0 : Math.ceil((value / largest) * (blocks.length - 1));
      return blocks[step] ?? "";
    })
    .join("");
}

/** The largest of each group: a peak must not vanish. */
function squeezed(values: readonly (number | undefined)[], width: number): readonly (number | undefined)[] {
  if (values.length <= width) return values;
  return Array.from({ length: width }, (_, index) => {
    const from = Math.floor((index * values.length) / width);
    const group = values.slice(from, Math.floor(((index + 1) * values.length) / width));
    const known = group.filter((value) => value !== undefined);
    return known.length === 0 ? undefined : Math.max(...known);
  });
}
