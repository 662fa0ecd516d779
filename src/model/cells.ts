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
