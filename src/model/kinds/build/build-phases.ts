/** How far a build is, in OpenShift's phases. Pure. */

import type { Build } from "./build/build.ts";

const endPhases: ReadonlySet<string> = new Set(["Complete", "Failed", "Error", "Cancelled"]);

/** An end is never taken back. */
export function isEnded({ status }: Pick<Build, "status">): boolean {
  return endPhases.has(status?.phase ?? "New");
}
