/** What a person asked of a deploy that is under way, as an annotation on the App. Pure. */

import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";

/** On an App: `ACTION VERSION TIME`; removed when it is done or cannot be. */
export const deployWishAnnotation = "nagi.dev/deploy-wish";

const actions = ["cutover", "back", "cancel", "finish", "promote", "pause", "resume"] as const;

export interface DeployWish {
  readonly action: (typeof actions)[number];
  /** For instance 6. */
  readonly version: number;
  readonly sinceMs: number;
}

/** "unknown" for a text that says nothing. */
export function deployWishOf({ metadata }: App): DeployWish | "unknown" | undefined {
  const text = metadata.annotations?.[deployWishAnnotation];
  if (text === undefined) return undefined;
  const [action = "", version = "", since = ""] = text.split(" ");
  const known = actions.find((each) => each === action);
  const sinceMs = Date.parse(since);
  if (known === undefined || !/^v\d+$/.test(version) || Number.isNaN(sinceMs)) return "unknown";
  return { action: known, version: Number(version.slice(1)), sinceMs };
}

/** Until when the release goes on running for the way back, in milliseconds; undefined when it does not. */
export function standbyUntilMs({ status }: Release): number | undefined {
  const text = status?.standbyUntil;
  return text === undefined || status?.phase !== "Superseded" ? undefined : Date.parse(text);
}
