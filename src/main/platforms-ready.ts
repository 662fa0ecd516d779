/** Waits until every base image is made, and says meanwhile what is being done. */

import type { Client } from "../client/client.ts";
import { platform } from "../model/kinds/nagi/platform/platform.ts";

/** Recipes that come with Nagi; their Platform objects appear when the first is worked on. */
const shipped: readonly string[] = ["base", "nodejs", "static"];

export async function untilPlatformsReady(
  client: Client,
  onProgress: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const ready = new Set<string>();
  for await (const event of client.watch(platform, { signal })) {
    if (event.type === "BOOKMARK") continue;
    const { metadata, status } = event.object;
    const { name = "" } = metadata;
    if (status?.phase === "Failed") throw new Error(`cannot make platform ${name}: ${status.message}`);
    if (status?.phase === "Ready") ready.add(name);
    else onProgress(`Making platform ${name}: ${status?.message ?? "waiting"}`);
    if (shipped.every((each) => ready.has(each))) return;
  }
}
