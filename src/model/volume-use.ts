/** What a volume holds, as its claim says it, beside what it should hold. Pure. */

import { sizeCell } from "./cells.ts";
import type { PersistentVolumeClaim } from "./kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { byteValue } from "./quantity.ts";

/** On claims of volumes that were made on this machine: how many bytes they held when it was counted last. */
export const usedBytesAnnotation = "nagi.dev/used-bytes";

/** Undefined when it has not been counted. */
export function toldUse({ metadata }: PersistentVolumeClaim): number | undefined {
  const text = metadata.annotations?.[usedBytesAnnotation] ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** What it should hold; undefined when that is not said. */
export function volumeSizeBytes({ spec, status }: PersistentVolumeClaim): number | undefined {
  const bytes = byteValue(status?.capacity?.["storage"] ?? spec.resources?.requests?.["storage"]);
  return bytes > 0 ? bytes : undefined;
}

export function isOverItsSize(usedBytes: number | undefined, sizeBytes: number | undefined): boolean {
  return usedBytes !== undefined && sizeBytes !== undefined && usedBytes > sizeBytes;
}

export function overText(usedBytes: number, sizeBytes: number): string {
  return `holds ${sizeCell(usedBytes)} of ${sizeCell(sizeBytes)}: its size is not enforced, and what is beyond it is taken from the machine's disk`;
}
