/** Deletes exactly this pod; one that is gone already is as wanted. */

import type { Client } from "../../../client/client.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { refOf } from "../../../model/meta.ts";
import { isNotFound, isStatus } from "../../../model/status.ts";

export async function deletePod(client: Client, pod: Pod, gracePeriodSeconds?: number): Promise<void> {
  const preconditions = { uid: pod.metadata.uid };
  try {
    await client.delete(podKind, refOf(pod), { preconditions, gracePeriodSeconds });
  } catch (error) {
    // A conflict here says that the name belongs to another pod now.
    if (!isNotFound(error) && !isStatus(error, "Conflict")) throw error;
  }
}
