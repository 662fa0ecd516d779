/** Pods that do not exist yet: copies of one that does, or those that a manifest would make. */

import type { KubeObject } from "../../model/meta.ts";
import type { PodObject } from "../snapshot/objects.ts";
import { maxAdded, withoutNode } from "./scenario.ts";

interface Workload extends KubeObject {
  readonly spec?: {
    readonly replicas?: number | undefined;
    readonly parallelism?: number | undefined;
    readonly template?: Partial<PodObject> | undefined;
  };
}

const workloadKinds: ReadonlySet<string> = new Set([
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "ReplicationController",
  "Job",
]);

/** `count` pods like this one, none of which has a node. */
export function podsLike(pod: PodObject, count: number): PodObject[] {
  if (!Number.isInteger(count) || count < 0 || count > maxAdded) {
    throw new Error(`cannot simulate: ${count} pods to add, allowed 0 to ${maxAdded}`);
  }
  const { name = "pod", namespace = "default", labels, ownerReferences } = pod.metadata;
  return Array.from({ length: count }, (_, index) => {
    const metadata = { namespace, labels, ownerReferences, name: `${name}-sim-${index + 1}` };
    const { status: _status, ...rest } = withoutNode(pod);
    return { ...rest, metadata: { ...metadata, uid: `simulated/${namespace}/${metadata.name}` } };
  });
}

/** The pods of a manifest, `times` as often as it says. Other kinds than pods and workloads make none. */
export function podsOfManifest(object: KubeObject, times = 1): PodObject[] {
  const { kind, metadata } = object;
  const { name = "unnamed", namespace = "default" } = metadata;
  if (kind === "Pod") {
    const { labels } = metadata;
    const pod = { ...(object as unknown as PodObject), metadata: { name, namespace, labels } };
    checkContainers(pod.spec, `${kind} ${name}`);
    return times === 1 ? named([pod], name) : podsLike(pod, times);
  }
  if (!workloadKinds.has(kind)) return [];
  const { spec } = object as Workload;
  const template = spec?.template;
  checkContainers(template?.spec, `${kind} ${name}`);
  const count = (spec?.replicas ?? spec?.parallelism ?? 1) * times;
  const owner = {
    apiVersion: object.apiVersion ?? "",
    kind,
    name,
    uid: `simulated/${kind}/${name}`,
    controller: true,
  };
  const pod: PodObject = {
    spec: template?.spec ?? { containers: [] },
    metadata: { name, namespace, labels: template?.metadata?.labels, ownerReferences: [owner] },
  };
  return podsLike(pod, count).map((each, index) => ({
    ...each,
    metadata: { ...each.metadata, name: `${name}-${index + 1}` },
  }));
}

function named(pods: readonly PodObject[], name: string): PodObject[] {
  return pods.map((pod) => {
    const uid = `simulated/${pod.metadata.namespace}/${name}`;
    return { ...pod, metadata: { ...pod.metadata, uid }, spec: withoutNode(pod).spec };
  });
}

function checkContainers(spec: Partial<PodObject["spec"]> | undefined, what: string): void {
  if (!Array.isArray(spec?.containers)) throw new Error(`cannot simulate: ${what} has no containers`);
}
