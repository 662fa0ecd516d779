/** Eviction: a deletion that a drain asks for. No disruption budget exists yet, so none can refuse it. */

import { pod } from "../../../model/kinds/core/pod/pod.ts";
import { readDeleteOptions } from "../operations/delete-options.ts";
import { removeObject } from "../operations/remove.ts";
import { success, type ActionCall } from "./action.ts";

export async function evict({ parts, namespace, name, body, dryRun }: ActionCall) {
  const { deleteOptions } = body as { deleteOptions?: unknown };
  const options = readDeleteOptions(deleteOptions);
  await removeObject(parts, { target: { kind: pod, namespace, name }, options, dryRun });
  return success();
}
