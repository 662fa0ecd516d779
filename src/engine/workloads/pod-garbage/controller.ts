/**
 * Removes pods that nobody else will: those of nodes that are gone, and ended ones beyond a limit. A node that
 * is missing may only not have been seen yet, so it is missing for a while and asked for before anything goes.
 */

import { runController, type Reconciled } from "../../../client/controller.ts";
import { node as nodeKind } from "../../../model/kinds/core/node/node.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { isConflict, isNotFound } from "../../../model/status.ts";
import { withCondition } from "../shared/conditions.ts";
import type { WorkloadContext } from "../shared/context.ts";
import { deletePod } from "../shared/delete-pod.ts";
import { hasEnded } from "../shared/pods.ts";
import { endedPodsLimit, onMissingNode, surplusEnded, unboundAndDeleted } from "./decide.ts";

const everything = "all";
const sweepMs = 20_000;
const quarantineMs = 40_000;

export function runPodGarbage(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const collector = new PodGarbageCollector(context);
  return runController(
    {
      name: "pod-garbage",
      client,
      clock,
      log,
      watches: [{ informer: informers.nodes, keysOf: () => [everything] }],
      reconcile: () => collector.sweep(),
    },
    signal,
  );
}

class PodGarbageCollector {
  readonly #context: WorkloadContext;
  /** Since when a node that pods are bound to has been missing. */
  #missingSince = new Map<string, number>();

  constructor(context: WorkloadContext) {
    this.#context = context;
  }

  async sweep(): Promise<Reconciled> {
    const { client, informers } = this.#context;
    const pods = informers.pods.list();
    for (const pod of surplusEnded(pods, endedPodsLimit)) await deletePod(client, pod, 0);
    for (const pod of unboundAndDeleted(pods)) await deletePod(client, pod, 0);
    await this.#sweepMissing(pods);
    return { requeueAfterMs: sweepMs };
  }

  async #sweepMissing(pods: readonly Pod[]): Promise<void> {
    const { clock, informers } = this.#context;
    const nodes = new Set(informers.nodes.list().map(({ metadata }) => metadata.name ?? ""));
    const stranded = Map.groupBy(onMissingNode(pods, nodes), ({ spec }) => spec.nodeName ?? "");
    const nowMs = clock.now();
    const since = new Map<string, number>();
    for (const [node, its] of stranded) {
      since.set(node, this.#missingSince.get(node) ?? nowMs);
      if (nowMs - (since.get(node) ?? nowMs) < quarantineMs || (await this.#exists(node))) continue;
      for (const pod of its) await this.#removeStranded(pod);
    }
    this.#missingSince = since;
  }

  async #exists(node: string): Promise<boolean> {
    try {
      await this.#context.client.get(nodeKind, { name: node });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #removeStranded(pod: Pod): Promise<void> {
    const { client, clock } = this.#context;
    if (!hasEnded(pod)) {
      const disruption = {
        type: "DisruptionTarget",
        status: "True",
        reason: "DeletionByPodGC",
        message: "PodGC: node no longer exists",
      } as const;
      const nowIso = new Date(clock.now()).toISOString();
      const conditions = [...withCondition(pod.status?.conditions ?? [], disruption, nowIso)];
      const status = { ...pod.status, phase: "Failed" as const, conditions };
      try {
        await client.update(podKind, { ...pod, status }, { subresource: "status" });
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
    }
    await deletePod(client, pod, 0);
  }
}
