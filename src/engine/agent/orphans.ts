/** Containers and directories of pods that are no longer in the API: they are ended in order and removed. */

import { readdir } from "node:fs/promises";
import type { AgentContext } from "./agent-context.ts";
import { removalOrder } from "./container-record.ts";
import { ContainerStop } from "./stop-container.ts";
import { tryRemove } from "./stuck-container.ts";
import { PodDirectory } from "./volumes.ts";

/** A pod that nobody waits for any more is not given more than this. */
const maxGraceSeconds = 30;

export async function removeOrphan(
  context: AgentContext,
  podUid: string,
  signal: AbortSignal,
): Promise<void> {
  const { index, engine, network, clock, podsDir, log } = context;
  const running = index.ofPod(podUid).filter(({ state, role }) => state === "running" && role !== "pause");
  await Promise.all(
    running.map((record) => {
      const graceMs = Math.min(maxGraceSeconds, record.graceSeconds) * 1000;
      return new ContainerStop(context, { record, deadlineMs: clock.now() + graceMs, signal }).run();
    }),
  );
  if (signal.aborted) return;
  for (const { id } of removalOrder(index.ofPod(podUid))) {
    const stuck = await tryRemove(engine, id);
    // Others need not wait for it.
    if (stuck === undefined) index.drop(id);
    else log.warn("the engine does not remove a container, trying again", { id, podUid, stuck });
  }
  await new PodDirectory(podsDir, podUid).remove();
  await network.release(podUid);
}

/** Uids of pods that have a container, a directory or a network. */
export async function presentPodUids({ index, podsDir, network }: AgentContext): Promise<Set<string>> {
  return new Set([...index.podUids(), ...(await readdir(podsDir)), ...(await network.podUids())]);
}
