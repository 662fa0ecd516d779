/** Images that a deploy did not wait for: complete, and still on their way from the engine to the registry (adr/0071). */

import { readTexts } from "../../engine/store/snapshot.ts";
import { findCondition } from "../../model/conditions.ts";
import { resourceName } from "../../model/kind.ts";
import { build, type Build } from "../../model/kinds/build/build/build.ts";

/** Of a store's copy. */
export function dueImages(store: string): string[] {
  return readTexts(store, resourceName(build))
    .map((text) => JSON.parse(text) as Build)
    .filter(({ status }) => status?.phase === "Complete")
    .filter(({ status }) => findCondition(status?.conditions, "Pushed")?.status === "False")
    .flatMap(({ status }) => status?.outputDockerImageReference ?? []);
}
