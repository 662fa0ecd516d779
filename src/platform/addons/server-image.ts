/**
 * The image of an add-on's server: that of the service's platform, which is made when the first add-on wants it. An
 * add-on stays on the image that it has while that is kept, so that a newer recipe never restarts a database.
 */

import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import { timestamp } from "../../lib/timestamp.ts";
import { findCondition } from "../../model/conditions.ts";
import {
  platform as platformKind,
  upToDate,
  wantedAnnotation,
  type Platform,
} from "../../model/kinds/nagi/platform/platform.ts";
import { isNotFound } from "../../model/status.ts";

export type ServerImage =
  | { readonly state: "there"; readonly image: string }
  | { readonly state: "making" | "failed"; readonly message: string };

/** Of a platform; `present` is the image that the add-on has. */
export function serverImageOf(found: Platform | undefined, name: string, present?: string): ServerImage {
  if (found === undefined)
    return { state: "failed", message: `there is no platform ${name}, which the service's image is of` };
  const { phase = "Pending", message = "", image, history = [], conditions } = found.status ?? {};
  if (present !== undefined && history.some((each) => each.image === present))
    return { state: "there", image: present };
  if (phase === "Ready" && image !== undefined) return { state: "there", image };
  const doing = findCondition(conditions, upToDate)?.message ?? message;
  // What was not the recipe's fault is tried again by itself.
  const isTriedAgain = found.status?.failedHash === undefined;
  if (phase === "Failed" && !isTriedAgain)
    return { state: "failed", message: `cannot make platform ${name}: ${doing}` };
  return { state: "making", message: `making the image of ${name}${doing === "" ? "" : `: ${doing}`}` };
}

/** Asks for the image where nobody has yet. */
export async function wantServerImage(
  client: Client,
  {
    name,
    present,
    clock,
  }: { readonly name: string; readonly present: string | undefined; readonly clock: Clock },
): Promise<ServerImage> {
  let found: Platform;
  try {
    found = await client.get(platformKind, { name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return serverImageOf(undefined, name);
  }
  if (found.status?.phase !== "Ready" && found.metadata.annotations?.[wantedAnnotation] === undefined) {
    const annotations = { [wantedAnnotation]: timestamp(clock.now()) };
    await client.patch(platformKind, { name }, { type: "merge", body: { metadata: { annotations } } });
    return { state: "making", message: `making the image of ${name}` };
  }
  return serverImageOf(found, name, present);
}
