/**
 * A container that the engine cannot let go of: one that Podman was interrupted over stays "Removing", perhaps for good. It
 * runs nothing, so neither a start nor the end of a pod waits for it longer than a bounded while.
 */

import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { removalMaxMs } from "./limits.ts";

/** Why it is still there; undefined once it is gone. */
export async function tryRemove(engine: ContainerEngine, id: string): Promise<string | undefined> {
  try {
    await engine.removeContainer(id, removalMaxMs);
    return undefined;
  } catch (error) {
    if (!isEngineError(error)) throw error;
    const left = await engine.inspectContainer(id).catch((cause: unknown) => {
      if (isEngineError(cause, 404)) return undefined;
      // An engine that answers nothing is no matter of one container.
      throw cause;
    });
    if (left === undefined) return undefined;
    if (left.State.Running) throw error;
    return `${error.message} (its state is ${left.State.Status})`;
  }
}

/** What a user is told, and does. */
export function stuckText(name: string, why: string): string {
  return `The engine does not remove the container ${name}, which has ended: ${why}. It is tried again; "podman rm --force ${name}" as root may help.`;
}
