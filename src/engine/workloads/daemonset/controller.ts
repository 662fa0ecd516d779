/**
 * Daemon sets: one pod on every node that should have it. Decisions are in decide.ts; this carries them out. What
 * must stay true: no step is taken on a cache that does not show the last one.
 */

import { runController, type Reconciled } from "../../../client/controller.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { messageOf } from "../../../lib/errors.ts";
import { daemonSet, type DaemonSet } from "../../../model/kinds/apps/daemonset/daemonset.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { keyOf, refOf } from "../../../model/meta.ts";
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
import { dropOldRevisions, presentRevision, revisionLabel } from "../shared/revisions.ts";
import { slowStart } from "../shared/slow-start.ts";
import { writeStatus } from "../shared/write-status.ts";
import { decideDaemonSet, type DaemonSteps } from "./decide.ts";
import { nodeOf, placedSpec } from "./placement.ts";

const workers = 4;

export function runDaemonSets(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const controller = new DaemonSetController(context);
  const all = (): string[] => informers.daemonSets.list().map((set) => keyOf(refOf(set)));
  return runController(
    {
      name: "daemonset",
      client,
      clock,
      log,
      workers,
      watches: [
        { informer: informers.daemonSets, keysOf: (set: DaemonSet) => [keyOf(refOf(set))] },
        { informer: informers.pods, keysOf: (pod: Pod) => ownerKeys(pod, "DaemonSet", informers.daemonSets) },
        { informer: informers.nodes, keysOf: all },
      ],
      reconcile: (key) => controller.reconcile(key),
    },
    signal,
  );
}

class DaemonSetController {
  readonly #context: WorkloadContext;
  readonly #events: EventRecorder;
  readonly #pendingPods: PendingWrites;
  readonly #pendingSets: PendingWrites;

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#events = recorderFor(context, "daemonset-controller");
    this.#pendingPods = new PendingWrites(() => context.clock.now());
    this.#pendingSets = new PendingWrites(() => context.clock.now());
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { client, informers, clock } = this.#context;
    const set = informers.daemonSets.get(key);
    if (set === undefined) {
      this.#pendingPods.forget(key);
      this.#pendingSets.forget(key);
      return undefined;
    }
    const settled =
      this.#pendingPods.settled(key, informers.pods) && this.#pendingSets.settled(key, informers.daemonSets);
    if (!settled) return { requeueAfterMs: settleRecheckMs };
    const pods = await this.#pods(set);
    const revisions = informers.controllerRevisions.byIndex(controllerIndex, set.metadata.uid ?? "");
    const revision = (await presentRevision(client, set, revisions)).metadata.name ?? "";
    const world = { set, pods, nodes: informers.nodes.list(), revision, nowMs: clock.now() };
    const steps = decideDaemonSet(world);
    const error = await this.#apply(key, set, { steps, revision });
    const written = await writeStatus(client, daemonSet, set, steps.status);
    if (written !== undefined) this.#pendingSets.wrote(key, written);
    const ofPods = pods.map(({ metadata }) => metadata.labels?.[revisionLabel] ?? "");
    await dropOldRevisions(client, set, revisions, new Set([revision, ...ofPods]));
    if (error !== undefined && !isRefusal(error)) throw error;
    const refused = error === undefined ? undefined : refusalRecheckMs;
    return { requeueAfterMs: soonest([steps.recheckInMs, refused]) };
  }

  async #pods(set: DaemonSet): Promise<Pod[]> {
    const { client, informers } = this.#context;
    const owned = informers.pods.byIndex(controllerIndex, set.metadata.uid ?? "");
    const orphans = informers.pods
      .byIndex(controllerIndex, orphanOf(set.metadata.namespace))
      .filter((pod) => isActive(pod) && nodeOf(pod) !== undefined);
    const claimed = claim(set, [...owned, ...orphans], (pod) => selects(set, pod));
    return applyClaim(client, { owner: set, ownerKind: daemonSet, kind: podKind, claim: claimed });
  }

  /** Returns why something could not be done. */
  async #apply(
    key: string,
    set: DaemonSet,
    { steps, revision }: { readonly steps: DaemonSteps; readonly revision: string },
  ): Promise<unknown> {
    const { client } = this.#context;
    const gone = await slowStart(steps.remove.length, async (index) => {
      const pod = steps.remove[index];
      if (pod === undefined) return;
      await deletePod(client, pod);
      this.#pendingPods.deleted(key, pod);
      this.#events.event(set, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
    });
    const made = await slowStart(steps.create.length, async (index) => {
      const nodeName = steps.create[index];
      if (nodeName === undefined) return;
      const created = await client.create(podKind, this.#podFor(set, nodeName, revision));
      this.#pendingPods.wrote(key, created);
      this.#events.event(set, "Normal", "SuccessfulCreate", `Created pod: ${created.metadata.name}`);
    });
    if (made.error !== undefined) {
      this.#events.event(set, "Warning", "FailedCreate", `Error creating: ${messageOf(made.error)}`);
    }
    return made.error ?? gone.error;
  }

  #podFor(set: DaemonSet, nodeName: string, revision: string): Pod {
    const pod = newPod(set, set.spec.template);
    const labels = { ...pod.metadata.labels, [revisionLabel]: revision };
    return { ...pod, metadata: { ...pod.metadata, labels }, spec: placedSpec(pod.spec, nodeName) };
  }
}
