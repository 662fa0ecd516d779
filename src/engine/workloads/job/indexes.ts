/** Numbers of an Indexed job, kept in its status as text such as `0-3,7`. */

import type { Pod } from "../../../model/kinds/core/pod/pod.ts";

export const indexAnnotation = "batch.kubernetes.io/job-completion-index";

export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[indexAnnotation];
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

export function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const part of text === undefined || text === "" ? [] : text.split(",")) {
    const [first = NaN, last = first] = part.split("-").map(Number);
    for (let index = first; index <= last; index++) indexes.add(index);
  }
  return indexes;
}

export function formatIndexes(indexes: ReadonlySet<number>): string {
  const parts: string[] = [];
  let first: number | undefined;
  for (const index of [...indexes].sort((a, b) => a - b)) {
    first ??= index;
    if (indexes.has(index + 1)) continue;
    parts.push(first === index ? String(index) : `${first}-${index}`);
    first = undefined;
  }
  return parts.join(",");
}
