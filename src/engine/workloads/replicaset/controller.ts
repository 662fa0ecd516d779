/**
 * Replica sets: as many like pods as wanted. What must stay true: no more pods are made than are missing,
 * however far the cache lags behind (pending-writes.ts), and only pods of the set itself are removed.
 */

import { runController, type Reconciled } from "../../../client/controller.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { messageOf } from "../../../lib/errors.ts";
import { replicaSet, type ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { controllerOf, keyOf, refOf } from "../../../model/meta.ts";
import { applyClaim } from "../shared/adopt.ts";
import { claim } from "../shared/claim.ts";
import { recorderFor, settleRecheckMs, type WorkloadContext } from "../shared/context.ts";
import { deletePod } from "../shared/delete-pod.ts";
import { controllerIndex, orphanOf } from "../shared/informers.ts";
import { newPod } from "../shared/new-pod.ts";
import { ownerKeys, selects } from "../shared/owner-keys.ts";
import { PendingWrites } from "../shared/pending-writes.ts";
import { isActive, soonest } from "../shared/pods.ts";
import { isRefusal, refusalRecheckMs } from "../shared/refusal.ts";
import { slowStart } from "../shared/slow-start.ts";
import { writeStatus } from "../shared/write-status.ts";
import { decidePods, decideStatus, type PodChanges, type ReplicaSetFailure } from "./decide.ts";

const workers = 8;

export function runReplicaSets(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const controller = new ReplicaSetController(context);
  return runController(
    {
      name: "replicaset",
      client,
      clock,
      log,
      workers,
      watches: [
        { informer: informers.replicaSets, keysOf: (set: ReplicaSet) => [keyOf(refOf(set))] },
        {
          informer: informers.pods,
          keysOf: (pod: Pod) => ownerKeys(pod, "ReplicaSet", informers.replicaSets),
        },
      ],
      reconcile: (key) => controller.reconcile(key),
    },
    signal,
  );
}

class ReplicaSetController {
  readonly #context: WorkloadContext;
  readonly #events: EventRecorder;
  readonly #pendingPods: PendingWrites;
  readonly #pendingSets: PendingWrites;

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#events = recorderFor(context, "replicaset-controller");
    this.#pendingPods = new PendingWrites(() => context.clock.now());
    this.#pendingSets = new PendingWrites(() => context.clock.now());
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { informers, clock } = this.#context;
    const set = informers.replicaSets.get(key);
    if (set === undefined) {
      this.#pendingPods.forget(key);
      this.#pendingSets.forget(key);
      return undefined;
    }
    const settled = this.#pendingPods.settled(key, informers.pods);
    const pods = await this.#pods(set, settled);
    const world = { set, pods, related: this.#related(set), nowMs: clock.now() };
    const failed = settled ? await this.#change(key, set, decidePods(world)) : undefined;
    const report = decideStatus(world, settled ? failed?.failure : "unknown");
    const selfSettled = this.#pendingSets.settled(key, informers.replicaSets);
    if (selfSettled) await this.#writeStatus(key, set, report.status);
    if (failed !== undefined && !isRefusal(failed.error)) throw failed.error;
    const unsettled = settled && selfSettled ? undefined : settleRecheckMs;
    const refused = failed === undefined ? undefined : refusalRecheckMs;
    return { requeueAfterMs: soonest([report.recheckInMs, unsettled, refused]) };
  }

  async #pods(set: ReplicaSet, mayAdopt: boolean): Promise<Pod[]> {
    const { client, informers } = this.#context;
    const owned = informers.pods.byIndex(controllerIndex, set.metadata.uid ?? "");
    const orphans = informers.pods
      .byIndex(controllerIndex, orphanOf(set.metadata.namespace))
      .filter(isActive);
    const claimed = claim(set, [...owned, ...orphans], (pod) => selects(set, pod));
    if (!mayAdopt) return [...claimed.owned];
    return applyClaim(client, { owner: set, ownerKind: replicaSet, kind: podKind, claim: claimed });
  }

  /** Active pods of all sets that share this set's owner: the whole workload, for spreading. */
  #related(set: ReplicaSet): Pod[] {
    const { replicaSets, pods } = this.#context.informers;
    const owner = controllerOf(set);
    const sets = owner === undefined ? [set] : replicaSets.byIndex(controllerIndex, owner.uid);
    return sets.flatMap(({ metadata }) => pods.byIndex(controllerIndex, metadata.uid ?? "")).filter(isActive);
  }

  async #change(
    key: string,
    set: ReplicaSet,
    { create, remove }: PodChanges,
  ): Promise<{ failure: ReplicaSetFailure; error: unknown } | undefined> {
    const made = await slowStart(create, () => this.#create(key, set));
    if (made.error !== undefined) {
      const message = messageOf(made.error);
      this.#events.event(set, "Warning", "FailedCreate", `Error creating: ${message}`);
      return { failure: { reason: "FailedCreate", message }, error: made.error };
    }
    const gone = await slowStart(remove.length, (index) => this.#remove(key, set, remove[index]));
    if (gone.error === undefined) return undefined;
    const message = messageOf(gone.error);
    this.#events.event(set, "Warning", "FailedDelete", `Error deleting: ${message}`);
    return { failure: { reason: "FailedDelete", message }, error: gone.error };
  }

  async #create(key: string, set: ReplicaSet): Promise<void> {
    const created = await this.#context.client.create(podKind, newPod(set, set.spec.template));
    this.#pendingPods.wrote(key, created);
    this.#events.event(set, "Normal", "SuccessfulCreate", `Created pod: ${created.metadata.name}`);
  }

  async #remove(key: string, set: ReplicaSet, pod: Pod | undefined): Promise<void> {
    if (pod === undefined) return;
    await deletePod(this.#context.client, pod);
    this.#pendingPods.deleted(key, pod);
    this.#events.event(set, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
  }

  async #writeStatus(key: string, set: ReplicaSet, status: ReplicaSet["status"]): Promise<void> {
    const written = await writeStatus(this.#context.client, replicaSet, set, status);
    if (written !== undefined) this.#pendingSets.wrote(key, written);
  }
}
