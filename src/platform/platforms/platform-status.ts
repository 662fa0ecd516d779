/** What a Platform's status says while its image is made, when it is there and when it could not be made. Pure. */

import { setCondition } from "../../model/conditions.ts";
import { upToDate, type MadeVersion, type Platform } from "../../model/kinds/nagi/platform/platform.ts";
import type { JsonValue } from "../../model/schema.ts";
import type { PlatformImage } from "./ensure-platforms.ts";
import { programsOf } from "./versions.ts";

export type PlatformStatus = NonNullable<Platform["status"]>;

/** What is being done to the image of that hash, or why it could not be made. */
export interface Progress {
  readonly recipeHash: string;
  readonly failed: boolean;
  readonly text: string;
}

/** A platform that has an image stays ready while a newer one is made, and when that fails. */
export function statusWhile(present: PlatformStatus, progress: Progress): PlatformStatus {
  const { recipeHash, failed, text } = progress;
  const failedHash = failed ? recipeHash : present.failedHash;
  if (present.image === undefined || present.recipeHash === recipeHash) {
    const reason = failed ? "MakeFailed" : "Making";
    const next = { ...present, phase: failed ? ("Failed" as const) : ("Building" as const), message: text };
    return withUpToDate({ ...next, failedHash }, reason, text);
  }
  const reason = failed ? "UpdateFailed" : "Updating";
  const kept = failed ? `${text}; builds go on with v${present.version}` : text;
  return withUpToDate({ ...present, failedHash }, reason, kept);
}

export function statusWhenMade(
  present: PlatformStatus,
  image: PlatformImage,
  history: readonly MadeVersion[],
): PlatformStatus {
  const made: PlatformStatus = {
    ...present,
    phase: "Ready",
    message: image.description,
    builtIn: image.builtIn,
    from: image.from,
    language: image.language,
    image: image.image,
    version: history[0]?.version,
    recipeHash: image.recipeHash,
    failedHash: undefined,
    sizeBytes: image.sizeBytes,
    builtAt: image.builtAt,
    versions: programsOf(image),
    history: [...history],
  };
  return withUpToDate(made, "Made", "");
}

function withUpToDate(status: PlatformStatus, reason: string, message: string): PlatformStatus {
  const condition = {
    type: upToDate,
    status: reason === "Made" ? "True" : "False",
    reason,
    message,
  } as const;
  return { ...status, conditions: [...setCondition(status.conditions, condition, "")] };
}

/** With the condition that says whether builds can stand on it, and times where they are missing. */
export function withReady(status: PlatformStatus, now: string): PlatformStatus {
  const ready = {
    type: "Ready",
    status: status.phase === "Ready" ? "True" : "False",
    reason: status.phase ?? "Unknown",
    message: status.message ?? "",
  } as const;
  const conditions = setCondition(status.conditions, ready, now).map((each) =>
    each.lastTransitionTime === "" ? { ...each, lastTransitionTime: now } : each,
  );
  return { ...status, conditions: [...conditions] };
}

/** A merge patch from one status to another; undefined when they are the same. */
export function patchBetween(present: PlatformStatus, next: PlatformStatus): JsonValue | undefined {
  if (JSON.stringify(next) === JSON.stringify(present)) return undefined;
  return JSON.parse(JSON.stringify(changesOf(present, next))) as JsonValue;
}

/** What is no longer said is taken back, at every depth. */
function changesOf(present: object, next: object): object {
  const before = present as Record<string, unknown>;
  const after = next as Record<string, unknown>;
  const gone = Object.keys(before).filter((key) => after[key] === undefined);
  const entries = Object.entries(after).map(([key, value]) => {
    const earlier = before[key];
    return [key, isMap(value) && isMap(earlier) ? changesOf(earlier, value) : value];
  });
  return Object.fromEntries([...entries, ...gone.map((key) => [key, null])]) as object;
}

function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
