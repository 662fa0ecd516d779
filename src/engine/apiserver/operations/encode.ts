/** The JSON of objects whose spec's JSON is known already, as that of pods of one template is. */

import type { KubeObject } from "../../../model/meta.ts";

interface Parted extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

const order = ["apiVersion", "kind", "metadata", "spec", "status"] as const;

/** What `JSON.stringify(value)` gives, by putting the text in the place of the spec. */
export function encodeWithSpec(value: KubeObject, specText: string | undefined): string {
  if (specText === undefined || !isInOrder(value)) return JSON.stringify(value);
  const { apiVersion, kind, metadata, status } = value as Parted;
  const head = JSON.stringify({ apiVersion, kind, metadata }).slice(0, -1);
  const tail = status === undefined ? "" : `,"status":${JSON.stringify(status)}`;
  return `${head},"spec":${specText}${tail}}`;
}

/** Whether it has these keys, in this order, and no others. */
function isInOrder(value: KubeObject): boolean {
  let place = 0;
  for (const key in value) {
    if (key !== order[place]) return false;
    place += 1;
  }
  return place >= order.length - 1;
}

/** The text of a spec with one more field behind the others; the field must not be among them. */
export function withTextField(specText: string | undefined, key: string, value: string): string | undefined {
  if (specText === undefined) return undefined;
  return `${specText.slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(value)}}`;
}
