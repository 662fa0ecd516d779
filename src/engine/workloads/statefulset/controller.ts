/**
 * Stateful sets: pods that keep their names and their storage. Decisions are in decide.ts; this carries them out.
 * What must stay true: there are never two pods of one number, and no step is taken on a cache that does not show
 * the last one.
 */

import { runController, type Reconciled } from "../../../client/controller.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { ControllerRevision } from "../../../model/kinds/apps/controllerrevision/controllerrevision.ts";
import { statefulSet, type StatefulSet } from "../../../model/kinds/apps/statefulset/statefulset.ts";
import { persistentVolumeClaim } from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { controllerRef, keyOf, refOf } from "../../../model/meta.ts";
import { isNotFound, isStatus } from "../../../model/status.ts";
import { applyClaim } from "../shared/adopt.ts";
import { claim } from "../shared/claim.ts";
import { recorderFor, settleRecheckMs, type WorkloadContext } from "../shared/context.ts";
import { deletePod } from "../shared/delete-pod.ts";
import { controllerIndex, orphanOf } from "../shared/informers.ts";
import { ownerKeys, selects } from "../shared/owner-keys.ts";
import { PendingWrites } from "../shared/pending-writes.ts";
import { isActive, soonest } from "../shared/pods.ts";
import { isRefusal, refusalRecheckMs } from "../shared/refusal.ts";
import { dropOldRevisions, presentRevision, revisionLabel, templateOf } from "../shared/revisions.ts";
import { slowStart } from "../shared/slow-start.ts";
import { writeStatus } from "../shared/write-status.ts";
import { decideStatefulSet, ordinalOf, type NewStatefulPod, type StatefulSteps } from "./decide.ts";
import { buildClaims, buildStatefulPod, claimName } from "./pod.ts";

const workers = 4;

export function runStatefulSets(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const controller = new StatefulSetController(context);
  return runController(
    {
      name: "statefulset",
      client,
      clock,
      log,
      workers,
      watches: [
        { informer: informers.statefulSets, keysOf: (set: StatefulSet) => [keyOf(refOf(set))] },
        {
          informer: informers.pods,
          keysOf: (pod: Pod) => ownerKeys(pod, "StatefulSet", informers.statefulSets),
        },
      ],
      reconcile: (key) => controller.reconcile(key),
    },
    signal,
  );
}

class StatefulSetController {
  readonly #context: WorkloadContext;
  readonly #events: EventRecorder;
  readonly #pendingPods: PendingWrites;
  readonly #pendingSets: PendingWrites;

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#events = recorderFor(context, "statefulset-controller");
    this.#pendingPods = new PendingWrites(() => context.clock.now());
    this.#pendingSets = new PendingWrites(() => context.clock.now());
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { informers, clock } = this.#context;
    const set = informers.statefulSets.get(key);
    if (set === undefined) {
      this.#pendingPods.forget(key);
      this.#pendingSets.forget(key);
      return undefined;
    }
    const settled =
      this.#pendingPods.settled(key, informers.pods) &&
      this.#pendingSets.settled(key, informers.statefulSets);
    if (!settled) return { requeueAfterMs: settleRecheckMs };
    const pods = await this.#pods(set);
    const revisions = informers.controllerRevisions.byIndex(controllerIndex, set.metadata.uid ?? "");
    const update = await presentRevision(this.#context.client, set, revisions);
    const updateRevision = update.metadata.name ?? "";
    const currentRevision = set.status?.currentRevision ?? updateRevision;
    const world = { set, pods, currentRevision, updateRevision, nowMs: clock.now() };
    const steps = decideStatefulSet(world);
    const error = await this.#apply(key, set, { steps, revisions: [update, ...revisions] });
    await this.#writeStatus(key, set, steps.status);
    await this.#dropRevisions(set, pods, revisions);
    if (error !== undefined && !isRefusal(error)) throw error;
    const refused = error === undefined ? undefined : refusalRecheckMs;
    return { requeueAfterMs: soonest([steps.recheckInMs, refused]) };
  }

  /** Those of the set; only what is named as a pod of the set is adopted. */
  async #pods(set: StatefulSet): Promise<Pod[]> {
    const { client, informers } = this.#context;
    const owned = informers.pods.byIndex(controllerIndex, set.metadata.uid ?? "");
    const orphans = informers.pods
      .byIndex(controllerIndex, orphanOf(set.metadata.namespace))
      .filter((pod) => isActive(pod) && ordinalOf(set, pod) !== undefined);
    const claimed = claim(set, [...owned, ...orphans], (pod) => selects(set, pod));
    return applyClaim(client, { owner: set, ownerKind: statefulSet, kind: podKind, claim: claimed });
  }

  /** Returns why something could not be done. */
  async #apply(
    key: string,
    set: StatefulSet,
    {
      steps,
      revisions,
    }: { readonly steps: StatefulSteps; readonly revisions: readonly ControllerRevision[] },
  ): Promise<unknown> {
    const made = await slowStart(steps.create.length, async (index) => {
      const wanted = steps.create[index];
      if (wanted !== undefined) await this.#create(key, set, { wanted, revisions });
    });
    if (made.error !== undefined) {
      const message = `create Pod failed error: ${messageOf(made.error)}`;
      this.#events.event(set, "Warning", "FailedCreate", message);
      return made.error;
    }
    for (const pod of steps.condemned) await this.#condemnClaims(set, pod);
    const gone = await slowStart(steps.remove.length, async (index) => {
      const pod = steps.remove[index];
      if (pod === undefined) return;
      await deletePod(this.#context.client, pod);
      this.#pendingPods.deleted(key, pod);
      const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
      this.#events.event(set, "Normal", "SuccessfulDelete", message);
    });
    return gone.error;
  }

  async #create(
    key: string,
    set: StatefulSet,
    {
      wanted,
      revisions,
    }: { readonly wanted: NewStatefulPod; readonly revisions: readonly ControllerRevision[] },
  ): Promise<void> {
    const { client, informers } = this.#context;
    for (const wantedClaim of buildClaims(set, wanted.ordinal)) {
      if (informers.persistentVolumeClaims.get(keyOf(refOf(wantedClaim))) !== undefined) continue;
      try {
        await client.create(persistentVolumeClaim, wantedClaim);
      } catch (error) {
        if (!isStatus(error, "AlreadyExists")) throw error;
      }
    }
    const revision = revisions.find(({ metadata }) => metadata.name === wanted.revision);
    const template = (revision && templateOf(revision)) ?? set.spec.template;
    const created = await client.create(podKind, buildStatefulPod(set, wanted, template));
    this.#pendingPods.wrote(key, created);
    const message = `create Pod ${created.metadata.name} in StatefulSet ${set.metadata.name} successful`;
    this.#events.event(set, "Normal", "SuccessfulCreate", message);
  }

  /** Claims of a pod that is not wanted any more go with it, where the set says so. */
  async #condemnClaims(set: StatefulSet, pod: Pod): Promise<void> {
    if (set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled !== "Delete") return;
    const { client } = this.#context;
    for (const { metadata } of set.spec.volumeClaimTemplates ?? []) {
      const name = claimName(metadata?.name ?? "", pod.metadata.name ?? "");
      const ref = { namespace: pod.metadata.namespace, name };
      const {
        controller: _,
        blockOwnerDeletion: __,
        ...owner
      } = controllerRef({ ...pod, apiVersion: "v1", kind: "Pod" });
      try {
        await client.patch(persistentVolumeClaim, ref, {
          type: "merge",
          body: { metadata: { ownerReferences: [owner] } },
        });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }

  async #writeStatus(key: string, set: StatefulSet, status: StatefulSet["status"]): Promise<void> {
    const written = await writeStatus(this.#context.client, statefulSet, set, status);
    if (written !== undefined) this.#pendingSets.wrote(key, written);
  }

  async #dropRevisions(
    set: StatefulSet,
    pods: readonly Pod[],
    revisions: readonly ControllerRevision[],
  ): Promise<void> {
    const { currentRevision = "", updateRevision = "" } = set.status ?? {};
    const ofPods = pods.map(({ metadata }) => metadata.labels?.[revisionLabel] ?? "");
    const inUse = new Set([currentRevision, updateRevision, ...ofPods]);
    await dropOldRevisions(this.#context.client, set, revisions, inUse);
  }
}
