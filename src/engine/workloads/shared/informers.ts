/**
 * The caches that the workload controllers share: one for each kind, however many controllers look at it.
 */

import type { Client } from "../../../client/client.ts";
import { Informer } from "../../../client/informer.ts";
import type { Indexers } from "../../../client/object-cache.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { Logger } from "../../../lib/log.ts";
import type { Kind } from "../../../model/kind.ts";
import {
  controllerRevision,
  type ControllerRevision,
} from "../../../model/kinds/apps/controllerrevision/controllerrevision.ts";
import { daemonSet, type DaemonSet } from "../../../model/kinds/apps/daemonset/daemonset.ts";
import { deployment, type Deployment } from "../../../model/kinds/apps/deployment/deployment.ts";
import { replicaSet, type ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import { statefulSet, type StatefulSet } from "../../../model/kinds/apps/statefulset/statefulset.ts";
import { cronJob, type CronJob } from "../../../model/kinds/batch/cronjob/cronjob.ts";
import { job, type Job } from "../../../model/kinds/batch/job/job.ts";
import { lease, type Lease } from "../../../model/kinds/coordination/lease/lease.ts";
import { namespace, type Namespace } from "../../../model/kinds/core/namespace/namespace.ts";
import { node, type Node } from "../../../model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import {
  persistentVolume,
  type PersistentVolume,
} from "../../../model/kinds/core/persistentvolume/persistentvolume.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { service, type Service } from "../../../model/kinds/core/service/service.ts";
import {
  serviceAccount,
  type ServiceAccount,
} from "../../../model/kinds/core/serviceaccount/serviceaccount.ts";
import {
  endpointSlice,
  type EndpointSlice,
} from "../../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { storageClass, type StorageClass } from "../../../model/kinds/storage/storageclass/storageclass.ts";
import {
  podDisruptionBudget,
  type PodDisruptionBudget,
} from "../../../model/kinds/policy/poddisruptionbudget/poddisruptionbudget.ts";
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import { controllerOf, type KubeObject } from "../../../model/meta.ts";
import { claimsOf } from "./pod-claims.ts";

export interface WorkloadInformers {
  readonly deployments: Informer<Deployment>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly statefulSets: Informer<StatefulSet>;
  readonly daemonSets: Informer<DaemonSet>;
  readonly controllerRevisions: Informer<ControllerRevision>;
  readonly pods: Informer<Pod>;
  readonly jobs: Informer<Job>;
  readonly cronJobs: Informer<CronJob>;
  readonly services: Informer<Service>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly nodes: Informer<Node>;
  readonly leases: Informer<Lease>;
  readonly namespaces: Informer<Namespace>;
  readonly serviceAccounts: Informer<ServiceAccount>;
  readonly budgets: Informer<PodDisruptionBudget>;
  readonly autoscalers: Informer<HorizontalPodAutoscaler>;
  readonly persistentVolumes: Informer<PersistentVolume>;
  readonly persistentVolumeClaims: Informer<PersistentVolumeClaim>;
  readonly storageClasses: Informer<StorageClass>;
}

/** Finds what an owner controls, by the owner's UID; what nobody controls is under `orphanOf` its namespace. */
export const controllerIndex = "controller";
/** Finds the pods of a node, by its name. */
export const nodeIndex = "node";
/** Finds the pods that use a claim, by the claim's `namespace/name`. */
export const claimIndex = "claim";
/** Finds the lease of a node, by the node's name. */
export const leaseHolderIndex = "holder";
/** Finds the slices of a service, by `namespace/name`. */
export const serviceIndex = "service";

export function orphanOf(namespace: string | undefined): string {
  return `orphan/${namespace ?? ""}`;
}

const owned = (object: KubeObject): string[] => [
  controllerOf(object)?.uid ?? orphanOf(object.metadata.namespace),
];

export function createInformers(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}): WorkloadInformers {
  const informer = <T extends KubeObject>(kind: Kind<T>, indexers?: Indexers<T>): Informer<T> =>
    new Informer({ ...options, kind, indexers });
  return {
    deployments: informer(deployment),
    replicaSets: informer(replicaSet, { [controllerIndex]: owned }),
    statefulSets: informer(statefulSet),
    daemonSets: informer(daemonSet),
    controllerRevisions: informer(controllerRevision, { [controllerIndex]: owned }),
    pods: informer(pod, {
      [controllerIndex]: owned,
      [nodeIndex]: ({ spec }) => [spec.nodeName ?? ""],
      [claimIndex]: claimsOf,
    }),
    jobs: informer(job, { [controllerIndex]: owned }),
    cronJobs: informer(cronJob),
    services: informer(service),
    endpointSlices: informer(endpointSlice, { [serviceIndex]: serviceOfSlice }),
    nodes: informer(node),
    leases: informer(lease, { [leaseHolderIndex]: holderOf }),
    namespaces: informer(namespace),
    serviceAccounts: informer(serviceAccount),
    budgets: informer(podDisruptionBudget),
    autoscalers: informer(horizontalPodAutoscaler),
    persistentVolumes: informer(persistentVolume),
    persistentVolumeClaims: informer(persistentVolumeClaim),
    storageClasses: informer(storageClass),
  };
}

/** The lease of a node bears its name and is held by it. */
export function holderOf({ metadata, spec }: Lease): string[] {
  const { name = "" } = metadata;
  return spec?.holderIdentity === name ? [name] : [];
}

export function serviceOfSlice({ metadata }: EndpointSlice): string[] {
  const name = metadata.labels?.["kubernetes.io/service-name"];
  return name === undefined ? [] : [`${metadata.namespace ?? ""}/${name}`];
}
