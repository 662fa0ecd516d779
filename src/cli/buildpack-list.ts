/** Changes of an app's list of buildpacks, as Heroku's commands make them. Pure. */

import { shownGitUrl } from "../lib/git/git-url.ts";

export interface BuildpackChange {
  readonly action: "add" | "set" | "remove" | "clear";
  readonly url?: string | undefined;
  /** From 1. */
  readonly index?: number | undefined;
}

export type BuildpackList =
  | { readonly ok: true; readonly urls: readonly string[] }
  | { readonly ok: false; readonly message: string };

export function changedBuildpacks(
  before: readonly string[],
  { action, url = "", index }: BuildpackChange,
): BuildpackList {
  if (action === "clear") return { ok: true, urls: [] };
  const last = action === "add" ? before.length + 1 : before.length;
  if (index !== undefined && (!Number.isInteger(index) || index < 1 || (action === "remove" && index > last)))
    return no(`--index is ${index}: ${placesText(action, last)}`);
  // As Heroku does: a place beyond the end is the end.
  const at = Math.min(index ?? (action === "add" ? last : 1), Math.max(1, last)) - 1;
  if (action === "remove") return removed(before, url, index === undefined ? undefined : at);
  const other = before.findIndex((each, place) => each === url && (action === "add" || place !== at));
  if (other >= 0) return no(`${shownGitUrl(url)} is buildpack ${other + 1} already`);
  return { ok: true, urls: before.toSpliced(at, action === "set" ? 1 : 0, url) };
}

function removed(before: readonly string[], url: string, at: number | undefined): BuildpackList {
  const place = at ?? before.indexOf(url);
  if (place < 0) return no(`the app has no buildpack ${shownGitUrl(url)}`);
  return { ok: true, urls: before.toSpliced(place, 1) };
}

function placesText(action: string, last: number): string {
  if (action === "remove" && last === 0) return "the app has no buildpacks";
  return action === "remove" ? `must be from 1 to ${last}` : "must be a whole number from 1";
}

function no(message: string): BuildpackList {
  return { ok: false, message };
}
