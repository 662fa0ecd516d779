/** The end of the log of a pod that does not get ready. */

import type { Client } from "../../client/client.ts";
import { tailText } from "../../client/tail-text.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { refOf } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";

const snippetLines = 10;
const snippetMaxBytes = 4096;

/** "" when no pod that is not ready has said anything. */
export async function lastWords(client: Client, pods: readonly Pod[]): Promise<string> {
  for (const each of pods) {
    const status = each.status?.containerStatuses?.find(({ ready }) => !ready);
    if (status === undefined) continue;
    const isBetween = status.state?.waiting !== undefined && status.restartCount > 0;
    const options = { tailLines: snippetLines, previous: isBetween, container: status.name };
    try {
      const text = await tailText(client.log(pod, refOf(each), options), snippetMaxBytes);
      if (text.trim() !== "") return text.trimEnd();
    } catch (error) {
      // Gone, or never started: another may have more to say.
      if (!isStatus(error)) throw error;
    }
  }
  return "";
}
