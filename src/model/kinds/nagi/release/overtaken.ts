/** Releases that another one came before: they are Superseded as those are that served, and never did. */

import type { Release } from "./release.ts";

const cameBefore = "came before it was live";

/** The message of a release that the one of `version` overtook. */
export function overtakenMessage(version: number): string {
  return `v${version} ${cameBefore}`;
}

export function isOvertaken({ status }: Pick<Release, "status">): boolean {
  return status?.phase === "Superseded" && status.message?.endsWith(cameBefore) === true;
}
