/**
 * Deployments: one replica set for each template, grown and shrunk step by step. Decisions are in decide.ts;
 * this carries them out. What must stay true: no step is taken on a cache that does not show the last one.
 */

import { runController, type Reconciled } from "../../../client/controller.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { messageOf } from "../../../lib/errors.ts";
import {
  deployment as deploymentKind,
  type Deployment,
} from "../../../model/kinds/apps/deployment/deployment.ts";
import { replicaSet, type ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { controllerOf, keyOf, refOf } from "../../../model/meta.ts";
import { isNotFound, isStatus } from "../../../model/status.ts";
import { applyClaim } from "../shared/adopt.ts";
import { claim } from "../shared/claim.ts";
import { recorderFor, settleRecheckMs, type WorkloadContext } from "../shared/context.ts";
import { controllerIndex, orphanOf } from "../shared/informers.ts";
import { selects } from "../shared/owner-keys.ts";
import { PendingWrites } from "../shared/pending-writes.ts";
import { isRefusal, refusalRecheckMs } from "../shared/refusal.ts";
import { writeStatus } from "../shared/write-status.ts";
import { revisionAnnotation } from "./annotations.ts";
import { decideDeployment, type DeploymentDecision, type Resized } from "./decide.ts";
import { nameOf, sizeOf } from "./sizes.ts";
import { findNewSet } from "./template.ts";

const workers = 8;

export function runDeployments(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const controller = new DeploymentController(context);
  return runController(
    {
      name: "deployment",
      client,
      clock,
      log,
      workers,
      watches: [
        { informer: informers.deployments, keysOf: (object: Deployment) => [keyOf(refOf(object))] },
        { informer: informers.replicaSets, keysOf: (set: ReplicaSet) => controller.keysOfSet(set) },
        { informer: informers.pods, keysOf: (pod: Pod) => controller.keysOfPod(pod) },
      ],
      reconcile: (key) => controller.reconcile(key),
    },
    signal,
  );
}

class DeploymentController {
  readonly #context: WorkloadContext;
  readonly #events: EventRecorder;
  readonly #pendingSets: PendingWrites;
  readonly #pendingSelf: PendingWrites;

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#events = recorderFor(context, "deployment-controller");
    this.#pendingSets = new PendingWrites(() => context.clock.now());
    this.#pendingSelf = new PendingWrites(() => context.clock.now());
  }

  keysOfSet(set: ReplicaSet): string[] {
    const { namespace = "" } = set.metadata;
    const owner = controllerOf(set);
    if (owner !== undefined) return owner.kind === "Deployment" ? [`${namespace}/${owner.name}`] : [];
    return this.#context.informers.deployments
      .list(namespace)
      .filter((object) => selects(object, set))
      .map((object) => keyOf(refOf(object)));
  }

  /** Only a recreation waits for pods themselves: for the last old one to be gone. */
  keysOfPod(pod: Pod): string[] {
    const { replicaSets, deployments } = this.#context.informers;
    const owner = controllerOf(pod);
    if (owner?.kind !== "ReplicaSet") return [];
    const set = replicaSets.get(`${pod.metadata.namespace ?? ""}/${owner.name}`);
    return (set === undefined ? [] : this.keysOfSet(set)).filter(
      (key) => deployments.get(key)?.spec.strategy?.type === "Recreate",
    );
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { informers, clock } = this.#context;
    const deployment = informers.deployments.get(key);
    if (deployment === undefined) {
      this.#pendingSets.forget(key);
      this.#pendingSelf.forget(key);
      return undefined;
    }
    const settled =
      this.#pendingSets.settled(key, informers.replicaSets) &&
      this.#pendingSelf.settled(key, informers.deployments);
    if (!settled) return { requeueAfterMs: settleRecheckMs };
    const sets = await this.#sets(deployment);
    const pods = sets.flatMap(({ metadata }) => informers.pods.byIndex(controllerIndex, metadata.uid ?? ""));
    const decision = decideDeployment({ deployment, sets, pods, nowMs: clock.now() });
    try {
      await this.#apply(key, deployment, decision);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#events.event(deployment, "Warning", "ReplicaSetCreateError", messageOf(error));
      return { requeueAfterMs: refusalRecheckMs };
    }
    return { requeueAfterMs: decision.requeueAfterMs };
  }

  async #sets(deployment: Deployment): Promise<ReplicaSet[]> {
    const { client, informers } = this.#context;
    const owned = informers.replicaSets.byIndex(controllerIndex, deployment.metadata.uid ?? "");
    const orphans = informers.replicaSets.byIndex(controllerIndex, orphanOf(deployment.metadata.namespace));
    const claimed = claim(deployment, [...owned, ...orphans], (set) => selects(deployment, set));
    return applyClaim(client, {
      owner: deployment,
      ownerKind: deploymentKind,
      kind: replicaSet,
      claim: claimed,
    });
  }

  async #apply(key: string, deployment: Deployment, decision: DeploymentDecision): Promise<void> {
    const collision = await this.#create(key, deployment, decision.create);
    if (collision) return;
    await Promise.all(decision.update.map((resized) => this.#resize(key, deployment, resized)));
    await Promise.all(decision.remove.map((set) => this.#remove(key, set)));
    const current = await this.#annotate(key, deployment, decision.revision);
    const written = await writeStatus(this.#context.client, deploymentKind, current, decision.status);
    if (written !== undefined) this.#pendingSelf.wrote(key, written);
  }

  /** Returns whether the name was taken by another set, so that another name has to be tried. */
  async #create(key: string, deployment: Deployment, set: ReplicaSet | undefined): Promise<boolean> {
    if (set === undefined) return false;
    const { client } = this.#context;
    try {
      const created = await client.create(replicaSet, set);
      this.#pendingSets.wrote(key, created);
      this.#tellScaled(deployment, created, 0);
      return false;
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
    }
    const taken = await client.get(replicaSet, refOf(set));
    const ours = controllerOf(taken)?.uid === deployment.metadata.uid;
    if (ours && findNewSet(deployment, [taken]) !== undefined) {
      this.#pendingSets.wrote(key, taken);
      return false;
    }
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    const status = { ...deployment.status, collisionCount };
    const written = await writeStatus(client, deploymentKind, deployment, status);
    if (written !== undefined) this.#pendingSelf.wrote(key, written);
    return true;
  }

  async #resize(key: string, deployment: Deployment, { set, from }: Resized): Promise<void> {
    const written = await this.#context.client.update(replicaSet, set);
    this.#pendingSets.wrote(key, written);
    if (sizeOf(set) !== from) this.#tellScaled(deployment, set, from);
  }

  async #remove(key: string, set: ReplicaSet): Promise<void> {
    const { uid, resourceVersion } = set.metadata;
    try {
      await this.#context.client.delete(replicaSet, refOf(set), { preconditions: { uid, resourceVersion } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    this.#pendingSets.deleted(key, set);
  }

  async #annotate(key: string, deployment: Deployment, revision: string | undefined): Promise<Deployment> {
    if (revision === undefined) return deployment;
    const { resourceVersion } = deployment.metadata;
    const body = { metadata: { resourceVersion, annotations: { [revisionAnnotation]: revision } } };
    const written = await this.#context.client.patch(deploymentKind, refOf(deployment), {
      type: "merge",
      body,
    });
    this.#pendingSelf.wrote(key, written);
    return written;
  }

  #tellScaled(deployment: Deployment, set: ReplicaSet, from: number): void {
    const to = sizeOf(set);
    if (to === from) return;
    const direction = to > from ? "up" : "down";
    const message = `Scaled ${direction} replica set ${nameOf(set)} from ${from} to ${to}`;
    this.#events.event(deployment, "Normal", "ScalingReplicaSet", message);
  }
}
