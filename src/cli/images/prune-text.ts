/** What images go and why others stay, as text. */

import { sizeCell } from "../../model/cells.ts";
import { ageText } from "../../model/table.ts";
import { columns } from "../format.ts";
import { shortDigest } from "./image-streams.ts";

/** The answer of the platform. */
export interface PruneAnswer {
  readonly images: readonly PrunedImage[];
  readonly forgotten: readonly { readonly tag: string }[];
  readonly freedBytes: number;
  readonly totalBytes: number;
}

interface PrunedImage {
  /** `NAMESPACE/STREAM`. */
  readonly repository: string;
  readonly digest: string;
  readonly atMs: number;
  readonly bytes: number;
  /** Empty: it goes. */
  readonly keptBecause: readonly string[];
}

const reasonsShownMax = 3;

export interface PruneTextOptions {
  readonly nowMs: number;
  /** Whether it has been done. */
  readonly confirmed: boolean;
  readonly withNamespace: boolean;
}

/** By stream, newest first. */
export function pruneTable(
  { images }: PruneAnswer,
  { nowMs, confirmed, withNamespace }: PruneTextOptions,
): string {
  const rows = images
    .toSorted((a, b) =>
      a.repository === b.repository ? b.atMs - a.atMs : a.repository < b.repository ? -1 : 1,
    )
    .map(({ repository, digest, atMs, bytes, keptBecause }) => [
      withNamespace ? repository : repository.slice(repository.indexOf("/") + 1),
      shortDigest(digest),
      `${ageText(new Date(atMs).toISOString(), nowMs)} ago`,
      sizeCell(bytes),
      keptBecause.length > 0 ? "keep" : confirmed ? "removed" : "remove",
      reasonsText(keptBecause),
    ]);
  return columns([["STREAM", "IMAGE", "PUSHED", "SIZE", "", "WHY"], ...rows]);
}

function reasonsText(reasons: readonly string[]): string {
  if (reasons.length === 0) return "nothing needs it";
  const rest = reasons.length - reasonsShownMax;
  return `${reasons.slice(0, reasonsShownMax).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

export function pruneSummary(answer: PruneAnswer, confirmed: boolean): string {
  const { images, forgotten, freedBytes, totalBytes } = answer;
  const going = images.filter(({ keptBecause }) => keptBecause.length === 0).length;
  const count = `${going} of ${images.length} image${images.length === 1 ? "" : "s"}`;
  const freed = `${sizeCell(freedBytes)} of ${sizeCell(totalBytes)}`;
  const tags = forgotten.length === 0 ? "" : `; ${forgotten.length} old places of tags are forgotten`;
  if (confirmed) return `Removed ${count}, which frees ${freed}${tags}`;
  return `Would remove ${count} and free ${freed}${tags}`;
}
