/** Texts of table cells that several kinds share. */

import type { LabelSelector } from "./label-selector.ts";
import { formatSelector, selectorFromLabelSelector, selectorFromLabels } from "./labels.ts";

export function orNone(text: string | undefined): string {
  return text === undefined || text === "" ? "<none>" : text;
}

export function selectorCell(selector: LabelSelector | undefined): string {
  return selector === undefined ? "<none>" : orNone(formatSelector(selectorFromLabelSelector(selector)));
}

export function labelsCell(labels: Record<string, string> | undefined): string {
  return orNone(formatSelector(selectorFromLabels(labels)));
}

/** The first few, and how many more there are. */
export function listCell(items: readonly string[], shownMax: number): string {
  const shown = items.slice(0, shownMax).join(",");
  return items.length <= shownMax ? orNone(shown) : `${shown} + ${items.length - shownMax} more...`;
}

export function sizeCell(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ""}`;
}
