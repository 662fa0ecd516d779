/**
 * The numbered versions of a platform. Pure.
 *
 * What must stay true: a number is given out once; a version that an app names is kept.
 */

import type { MadeVersion, Platform } from "../../model/kinds/nagi/platform/platform.ts";
import type { PlatformImage } from "./ensure-platforms.ts";

/** Besides those that apps name. */
const keptVersions = 5;

type Status = NonNullable<Platform["status"]>;

export interface History {
  /** The newest first. */
  readonly kept: readonly MadeVersion[];
  readonly dropped: readonly MadeVersion[];
}

/** The history with the image at its head, as a new version unless it is the newest already. */
export function historyWith(
  { history = [] }: Pick<Status, "history">,
  image: PlatformImage,
  pinned: ReadonlySet<number>,
): History {
  const newest = history[0];
  const isNew = newest?.recipeHash !== image.recipeHash;
  const made: MadeVersion = {
    version: (newest?.version ?? 0) + (isNew ? 1 : 0),
    image: image.image,
    recipeHash: image.recipeHash,
    sizeBytes: image.sizeBytes,
    madeAt: image.builtAt,
    programs: programsOf(image),
  };
  const all = [made, ...(isNew ? history : history.slice(1))];
  const isKept = (each: MadeVersion, index: number): boolean =>
    index < keptVersions || pinned.has(each.version);
  const kept = all.filter(isKept);
  return { kept, dropped: all.filter((each) => !kept.includes(each)) };
}

export function programsOf({ versions }: PlatformImage): { name: string; version: string }[] {
  return Object.entries(versions).map(([name, version]) => ({ name, version }));
}
