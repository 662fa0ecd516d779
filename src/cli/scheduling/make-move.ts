/** Makes a proposed move: evicts the pod, within its disruption budget, and waits until what replaces it is ready. */

import type { Client } from "../../client/client.ts";
import { isConditionTrue } from "../../model/conditions.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { controllerOf } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import type { Move } from "../../scheduler/rebalance/moves.ts";
import { evictPod } from "../nodes/evict.ts";
import { pause, pollMs } from "../wait.ts";

export interface MakeMoveOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onRefused: (message: string) => void;
}

/** The pod that took its place; undefined when the pod was gone or elsewhere already. */
export async function makeMove(
  client: Client,
  move: Move,
  options: MakeMoveOptions,
): Promise<Pod | undefined> {
  const pod = await present(client, move);
  if (pod === undefined) return undefined;
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  const name = `${move.pod.namespace}/${move.pod.name}`;
  try {
    const before = await siblings(client, pod);
    await evictPod(client, pod, { signal, onRefused: options.onRefused });
    const known = new Set(before.map(({ metadata }) => metadata.uid));
    for (;;) {
      const after = await siblings(client, pod);
      const made = after.find(({ metadata }) => !known.has(metadata.uid));
      if (made !== undefined && readyCount(after) >= readyCount(before)) return made;
      await pause(pollMs, signal);
    }
  } catch (error) {
    options.signal.throwIfAborted();
    if (!timeout.aborted) throw error;
    const seconds = Math.round(options.timeoutMs / 1000);
    throw new Error(`what replaces ${name} is not ready after ${seconds} s; nothing more is moved`, {
      cause: error,
    });
  }
}

async function present(
  client: Client,
  { pod: { namespace, name, uid }, from }: Move,
): Promise<Pod | undefined> {
  try {
    const pod = await client.get(podKind, { namespace, name });
    return pod.metadata.uid === uid && pod.spec.nodeName === from ? pod : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** All pods of the same owner that are to stay. */
async function siblings(client: Client, pod: Pod): Promise<readonly Pod[]> {
  const owner = controllerOf(pod)?.uid;
  const { items } = await client.list(podKind, { namespace: pod.metadata.namespace });
  return items.filter(
    (each) => controllerOf(each)?.uid === owner && each.metadata.deletionTimestamp === undefined,
  );
}

function readyCount(pods: readonly Pod[]): number {
  return pods.filter(({ status }) => isConditionTrue(status?.conditions, "Ready")).length;
}
