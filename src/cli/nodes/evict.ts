/** Evicts a pod through the API, which asks its disruption budget, and waits until it is gone. */

import type { Client } from "../../client/client.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { refOf } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { pause, pollMs } from "../wait.ts";

/** As kubectl: how long to leave a budget that says no. */
const retryMs = 5000;

export interface EvictOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly signal: AbortSignal;
  /** A budget says no; asked again after a while. */
  readonly onRefused: (message: string) => void;
}

export async function evictPod(client: Client, pod: Pod, options: EvictOptions): Promise<void> {
  const { name, namespace } = pod.metadata;
  const { gracePeriodSeconds, signal, onRefused } = options;
  const body = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace },
    deleteOptions: {
      preconditions: { uid: pod.metadata.uid },
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    },
  };
  for (;;) {
    try {
      await client.post(podKind, refOf(pod), "eviction", body);
      break;
    } catch (error) {
      // Gone, or another pod of that name by now.
      if (isNotFound(error) || isStatus(error, "Conflict")) return;
      if (!isStatus(error, "TooManyRequests")) throw error;
      onRefused(error instanceof Error ? error.message : "");
      await pause(retryMs, signal);
    }
  }
  await untilGone(client, pod, signal);
}

async function untilGone(client: Client, pod: Pod, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      const { metadata } = await client.get(podKind, refOf(pod));
      if (metadata.uid !== pod.metadata.uid) return;
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    await pause(pollMs, signal);
  }
}
