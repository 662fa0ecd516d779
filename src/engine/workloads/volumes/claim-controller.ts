/**
 * Claims get their volumes: one that is there and fits, or one that is made for them. What must stay true: a volume
 * is given to one claim (it is marked first, on the version that was looked at), and a claim that has its volume
 * keeps it.
 */

import type { EventRecorder } from "../../../client/event-recorder.ts";
import type { Reconciled } from "../../../client/controller.ts";
import { findObject } from "../../../client/find-object.ts";
import type { Node } from "../../../model/kinds/core/node/node.ts";
import {
  persistentVolume,
  type PersistentVolume,
} from "../../../model/kinds/core/persistentvolume/persistentvolume.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import {
  snapshotGroup,
  volumeSnapshot,
} from "../../../model/kinds/snapshot/volumesnapshot/volumesnapshot.ts";
import type { StorageClass } from "../../../model/kinds/storage/storageclass/storageclass.ts";
import { isStatus } from "../../../model/status.ts";
import {
  bindCompleted,
  boundByController,
  isMeantFor,
  storageClassOf,
} from "../../../model/volume-claims.ts";
import type { WorkloadContext } from "../shared/context.ts";
import { writeStatus } from "../shared/write-status.ts";
import { decideClaim, type ClaimStep } from "./decide.ts";
import { localProvisioner, type LocalVolumes } from "./local-provisioner.ts";
import { snapshotPath } from "./snapshots.ts";

const provisionerAnnotation = "volume.kubernetes.io/storage-provisioner";
/** What the claim waits for may come without an event that wakes it. */
const recheckMs = 15_000;

export interface ClaimControllerOptions {
  readonly context: WorkloadContext;
  readonly events: EventRecorder;
  /** Absent: volumes are only bound, not made. */
  readonly local: LocalVolumes | undefined;
}

export class ClaimController {
  readonly #context: WorkloadContext;
  readonly #events: EventRecorder;
  readonly #local: LocalVolumes | undefined;

  constructor({ context, events, local }: ClaimControllerOptions) {
    this.#context = context;
    this.#events = events;
    this.#local = local;
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { informers } = this.#context;
    const claim = informers.persistentVolumeClaims.get(key);
    if (claim === undefined) return undefined;
    const className = storageClassOf(claim);
    const step = decideClaim(claim, {
      volumes: informers.persistentVolumes.list(),
      storageClass: className === "" ? undefined : informers.storageClasses.get(className),
    });
    switch (step.type) {
      case "bind":
        return this.#bind(claim, step.volume);
      case "provision":
        return this.#provision(claim, step);
      case "lost":
        return this.#lose(claim, step);
      case "wait":
        this.#events.event(
          claim,
          step.reason === "WaitForFirstConsumer" ? "Normal" : "Warning",
          step.reason,
          step.message,
        );
        await this.#setStatus(claim, { ...claim.status, phase: "Pending" });
        return { requeueAfterMs: recheckMs };
    }
  }

  /** Each write goes on from what the one before it left, so that a run that was cut short is completed by the next. */
  async #bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<undefined> {
    const bound = await this.#markVolume(claim, volume);
    await writeStatus(this.#context.client, persistentVolume, bound, this.#volumeStatus(bound, "Bound"));
    const marked = await this.#markClaim(claim, bound);
    await this.#setStatus(marked, {
      ...marked.status,
      phase: "Bound",
      accessModes: bound.spec.accessModes,
      capacity: { storage: bound.spec.capacity?.["storage"] ?? "0" },
    });
    return undefined;
  }

  async #markVolume(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<PersistentVolume> {
    const { claimRef } = volume.spec;
    if (isMeantFor(volume, claim) && (claimRef?.uid ?? "") !== "") return volume;
    const { metadata } = volume;
    const annotations =
      claimRef === undefined ? { ...metadata.annotations, [boundByController]: "yes" } : metadata.annotations;
    const { name, namespace, uid, resourceVersion } = claim.metadata;
    return this.#context.client.update(persistentVolume, {
      ...volume,
      metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations }) },
      spec: {
        ...volume.spec,
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid, resourceVersion },
      },
    });
  }

  async #markClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<PersistentVolumeClaim> {
    const { volumeName = "" } = claim.spec;
    const { annotations = {} } = claim.metadata;
    if (volumeName === volume.metadata.name && annotations[bindCompleted] !== undefined) return claim;
    const own = volumeName === "" ? { [boundByController]: "yes" } : {};
    return this.#context.client.update(persistentVolumeClaim, {
      ...claim,
      metadata: { ...claim.metadata, annotations: { ...annotations, ...own, [bindCompleted]: "yes" } },
      spec: { ...claim.spec, volumeName: volume.metadata.name },
    });
  }

  async #provision(
    claim: PersistentVolumeClaim,
    { storageClass, node }: Extract<ClaimStep, { type: "provision" }>,
  ): Promise<Reconciled | undefined> {
    const { provisioner } = storageClass;
    if (claim.metadata.deletionTimestamp !== undefined) return undefined;
    const told = await this.#tellProvisioner(claim, provisioner);
    if (provisioner !== localProvisioner || this.#local === undefined) {
      const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
      this.#events.event(claim, "Normal", "ExternalProvisioning", message);
      return { requeueAfterMs: recheckMs };
    }
    const nodes = this.#nodesFor(storageClass, node);
    const source = await this.#sourceOf(told);
    const problem = "problem" in source ? source.problem : provisioningProblem(told, nodes, node);
    if (problem !== undefined || "problem" in source) {
      this.#events.event(claim, "Warning", "ProvisioningFailed", problem ?? "");
      return { requeueAfterMs: recheckMs };
    }
    const volume = await this.#local.make({ claim: told, storageClass, nodes, from: source.from });
    try {
      await this.#context.client.create(persistentVolume, volume);
    } catch (error) {
      // Made before, and not seen yet: its event wakes the claim.
      if (isStatus(error, "AlreadyExists")) return { requeueAfterMs: recheckMs };
      throw error;
    }
    const message = `Successfully provisioned volume ${volume.metadata.name}`;
    this.#events.event(claim, "Normal", "ProvisioningSucceeded", message);
    return undefined;
  }

  /** The files that the volume begins with. */
  async #sourceOf({
    metadata,
    spec,
  }: PersistentVolumeClaim): Promise<{ readonly from: string | undefined } | { readonly problem: string }> {
    const source = spec.dataSourceRef ?? spec.dataSource;
    if (source === undefined) return { from: undefined };
    const { snapshots, client } = this.#context;
    const isForeign = spec.dataSourceRef?.namespace !== undefined;
    if (
      snapshots === undefined ||
      source.kind !== volumeSnapshot.kind ||
      source.apiGroup !== snapshotGroup ||
      isForeign
    )
      return { problem: `${localProvisioner} fills volumes from VolumeSnapshots of their namespace only` };
    const ref = { namespace: metadata.namespace, name: source.name };
    const found = await findObject(client, volumeSnapshot, ref);
    if (found === undefined) return { problem: `there is no VolumeSnapshot ${source.name}` };
    if (found.status?.readyToUse === true) return { from: snapshotPath(snapshots.directory, found) };
    return {
      problem: `VolumeSnapshot ${source.name} is not ready: ${found.status?.error?.message ?? "it is being taken"}`,
    };
  }

  async #tellProvisioner(claim: PersistentVolumeClaim, provisioner: string): Promise<PersistentVolumeClaim> {
    const { annotations = {} } = claim.metadata;
    if (annotations[provisionerAnnotation] === provisioner) return claim;
    return this.#context.client.update(persistentVolumeClaim, {
      ...claim,
      metadata: { ...claim.metadata, annotations: { ...annotations, [provisionerAnnotation]: provisioner } },
    });
  }

  #nodesFor({ allowedTopologies = [] }: StorageClass, chosen: string | undefined): Node[] {
    const nodes = this.#context.informers.nodes.list();
    if (chosen !== undefined) return nodes.filter(({ metadata }) => metadata.name === chosen);
    if (allowedTopologies.length === 0) return nodes;
    return nodes.filter(({ metadata: { labels = {} } }) =>
      allowedTopologies.some(({ matchLabelExpressions = [] }) =>
        matchLabelExpressions.every(({ key, values }) => values.includes(labels[key] ?? "")),
      ),
    );
  }

  async #lose(
    claim: PersistentVolumeClaim,
    { reason, message }: Extract<ClaimStep, { type: "lost" }>,
  ): Promise<undefined> {
    if (claim.status?.phase !== "Lost") this.#events.event(claim, "Warning", reason, message);
    await this.#setStatus(claim, {
      ...claim.status,
      phase: "Lost",
      accessModes: undefined,
      capacity: undefined,
    });
    return undefined;
  }

  async #setStatus(claim: PersistentVolumeClaim, status: PersistentVolumeClaim["status"]): Promise<void> {
    await writeStatus(this.#context.client, persistentVolumeClaim, claim, status);
  }

  #volumeStatus({ status }: PersistentVolume, phase: "Bound"): PersistentVolume["status"] {
    if (status?.phase === phase) return status;
    return { phase, lastPhaseTransitionTime: new Date(this.#context.clock.now()).toISOString() };
  }
}

function provisioningProblem(
  claim: PersistentVolumeClaim,
  nodes: readonly Node[],
  chosen: string | undefined,
): string | undefined {
  if (claim.spec.volumeMode === "Block") return `${localProvisioner} makes directories, not block devices`;
  if (claim.spec.selector !== undefined) return "claim.Spec.Selector is not supported";
  if (nodes.length > 0) return undefined;
  return chosen === undefined ? "no node is in the allowed topologies" : `node "${chosen}" not found`;
}
