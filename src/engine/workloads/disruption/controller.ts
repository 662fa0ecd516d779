/**
 * Disruption budgets: keeps in the status of each how many of its pods may be evicted now. What must stay true: an
 * eviction that was granted counts as a missing pod until its pod is gone or the eviction has failed, so that no two
 * are granted for one place. Evictions write the same status; whoever is late finds a conflict and looks again.
 */

import { runController, type Reconciled } from "../../../client/controller.ts";
import { setCondition } from "../../../model/conditions.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import {
  podDisruptionBudget,
  type PodDisruptionBudget,
} from "../../../model/kinds/policy/poddisruptionbudget/poddisruptionbudget.ts";
import { matches, selectorFromLabelSelector } from "../../../model/labels.ts";
import { controllerOf, keyOf, refOf, type Condition } from "../../../model/meta.ts";
import type { WorkloadContext } from "../shared/context.ts";
import { writeStatus } from "../shared/write-status.ts";
import { decideBudget } from "./decide.ts";

const workers = 2;

export function runDisruption(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const controller = new DisruptionController(context);
  return runController(
    {
      name: "disruption",
      client,
      clock,
      log,
      workers,
      watches: [
        { informer: informers.budgets, keysOf: (budget: PodDisruptionBudget) => [keyOf(refOf(budget))] },
        { informer: informers.pods, keysOf: (pod: Pod) => controller.keysOfPod(pod) },
        {
          informer: informers.replicaSets,
          keysOf: ({ metadata }: ReplicaSet) => controller.keysIn(metadata.namespace),
        },
      ],
      reconcile: (key) => controller.reconcile(key),
    },
    signal,
  );
}

class DisruptionController {
  readonly #context: WorkloadContext;

  constructor(context: WorkloadContext) {
    this.#context = context;
  }

  keysOfPod({ metadata }: Pod): string[] {
    return this.#context.informers.budgets
      .list(metadata.namespace)
      .filter(({ spec }) => matches(selectorFromLabelSelector(spec?.selector), metadata.labels))
      .map((budget) => keyOf(refOf(budget)));
  }

  keysIn(namespace: string | undefined): string[] {
    return this.#context.informers.budgets.list(namespace).map((budget) => keyOf(refOf(budget)));
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { client, clock, informers } = this.#context;
    const budget = informers.budgets.get(key);
    if (budget === undefined) return undefined;
    const selector = selectorFromLabelSelector(budget.spec?.selector);
    const pods = informers.pods
      .list(budget.metadata.namespace)
      .filter(({ metadata }) => matches(selector, metadata.labels));
    const nowMs = clock.now();
    const { status, recheckInMs } = decideBudget({ budget, pods, scale: () => this.#scaleOf(pods), nowMs });
    const condition = conditionOf(budget, status.disruptionsAllowed ?? 0);
    const nowIso = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
    const conditions = [...setCondition(budget.status?.conditions, condition, nowIso)];
    await writeStatus(client, podDisruptionBudget, budget, { ...status, conditions });
    return { requeueAfterMs: recheckInMs };
  }

  /** How many pods their owners want: of a deployment, else of a replica set; an owner without a number, its pods. */
  #scaleOf(pods: readonly Pod[]): number {
    const { replicaSets, deployments } = this.#context.informers;
    const scales = new Map<string, number>();
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (owner === undefined) continue;
      const namespace = pod.metadata.namespace ?? "";
      const set = owner.kind === "ReplicaSet" ? replicaSets.get(`${namespace}/${owner.name}`) : undefined;
      const above = set === undefined ? undefined : controllerOf(set);
      const deployment =
        above?.kind === "Deployment" ? deployments.get(`${namespace}/${above.name}`) : undefined;
      if (deployment !== undefined) scales.set(above?.uid ?? "", deployment.spec.replicas ?? 1);
      else if (set !== undefined) scales.set(owner.uid, set.spec.replicas ?? 1);
      else scales.set(owner.uid, (scales.get(owner.uid) ?? 0) + 1);
    }
    return [...scales.values()].reduce((sum, scale) => sum + scale, 0);
  }
}

function conditionOf({ metadata }: PodDisruptionBudget, allowed: number): Condition {
  return {
    type: "DisruptionAllowed",
    status: allowed > 0 ? "True" : "False",
    reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
    message: "",
    observedGeneration: metadata.generation,
  };
}
