/**
 * Eviction: a deletion that disruption budgets may refuse, as drains ask for it.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */

import { isConditionTrue, setCondition } from "../../../model/conditions.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import {
  podDisruptionBudget,
  type PodDisruptionBudget,
} from "../../../model/kinds/policy/poddisruptionbudget/poddisruptionbudget.ts";
import { resourceName } from "../../../model/kind.ts";
import { matches, selectorFromLabelSelector } from "../../../model/labels.ts";
import { timestamp } from "../../../lib/timestamp.ts";
import { StatusError, type StatusDetails } from "../../../model/status.ts";
import { forbidden, notFound } from "../api-errors.ts";
import { commit } from "../operations/commit.ts";
import { readDeleteOptions } from "../operations/delete-options.ts";
import { removeObject } from "../operations/remove.ts";
import { entryKey, type ServerParts, type Target } from "../parts.ts";
import { success, type ActionCall } from "./action.ts";

/** Granted evictions that a budget remembers until their pods are gone. */
const MAX_DISRUPTED_PODS = 2000;

export async function evict({ parts, namespace, name, body, dryRun }: ActionCall) {
  const { deleteOptions } = body as { deleteOptions?: unknown };
  const options = readDeleteOptions(deleteOptions);
  const target = { kind: podKind, namespace, name };
  const pod = parts.store.get(entryKey(target))?.value as Pod | undefined;
  if (pod === undefined) throw notFound(podKind, name);
  if (!isOnItsWayOut(pod)) {
    await spend(parts, pod, dryRun);
    await tell(parts, target, dryRun);
  }
  const preconditions = { uid: pod.metadata.uid, ...options.preconditions };
  await removeObject(parts, { target, options: { ...options, preconditions }, dryRun });
  return success();
}

/** Its going takes nothing away from anybody. */
function isOnItsWayOut({ metadata, status }: Pod): boolean {
  const { phase = "Pending" } = status ?? {};
  return metadata.deletionTimestamp !== undefined || phase !== "Running";
}

/** Takes the eviction from the pod's budget, or throws. */
async function spend(parts: ServerParts, pod: Pod, dryRun: boolean | undefined): Promise<void> {
  const { namespace = "", name: podName = "", labels } = pod.metadata;
  const budgets = parts.store
    .list(resourceName(podDisruptionBudget), namespace)
    .entries.map(({ value }) => value as PodDisruptionBudget)
    .filter(({ spec }) => matches(selectorFromLabelSelector(spec?.selector), labels));
  const [budget] = budgets;
  if (budget === undefined) return;
  if (budgets.length > 1) {
    const why =
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    throw new StatusError("InternalError", why);
  }
  const target = { kind: podDisruptionBudget, namespace, name: budget.metadata.name ?? "" };
  await commit(parts, target, {
    dryRun,
    make(entry) {
      // Gone meanwhile: it refuses nothing any more.
      if (entry === undefined) throw notFound(podDisruptionBudget, target.name);
      const present = entry.value as PodDisruptionBudget;
      if (mayGoUncounted(pod, present)) return "keep";
      return spent(present, podName, timestamp(parts.clock.now()));
    },
  });
}

/** A pod that is not ready is no loss, as long as the budget is kept by others (or does not mind). */
function mayGoUncounted(pod: Pod, { spec, status = {} }: PodDisruptionBudget): boolean {
  if (isConditionTrue(pod.status?.conditions, "Ready")) return false;
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status;
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

function spent(budget: PodDisruptionBudget, podName: string, nowIso: string): PodDisruptionBudget {
  const { metadata, status = {} } = budget;
  const { name = "", generation = 0 } = metadata;
  const { disruptionsAllowed = 0, disruptedPods = {}, observedGeneration = 0 } = status;
  if (observedGeneration < generation) {
    throw violation(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  if (Object.keys(disruptedPods).length >= MAX_DISRUPTED_PODS) {
    throw forbidden(
      podDisruptionBudget,
      name,
      "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
    );
  }
  if (disruptionsAllowed <= 0) {
    const { desiredHealthy = 0, currentHealthy = 0 } = status;
    throw violation(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  }
  return {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: disruptionsAllowed - 1,
      disruptedPods: { ...disruptedPods, [podName]: nowIso },
    },
  };
}

function violation(message: string, retryAfterSeconds?: number): StatusError {
  const details: StatusDetails = {
    causes: [{ reason: "DisruptionBudget", message }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
  const sentence = "Cannot evict pod as it would violate the pod's disruption budget.";
  return new StatusError("TooManyRequests", sentence, details);
}

/** Notes on the pod why it goes. */
async function tell(parts: ServerParts, target: Target, dryRun: boolean | undefined): Promise<void> {
  const nowIso = timestamp(parts.clock.now());
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
  } as const;
  await commit(parts, target, {
    dryRun,
    make(entry) {
      if (entry === undefined) throw notFound(podKind, target.name);
      const pod = entry.value as Pod;
      const conditions = [...setCondition(pod.status?.conditions, condition, nowIso)];
      return { ...pod, status: { ...pod.status, conditions } };
    },
  });
}
