/** Whose pod it is, and the command that changes what the pod is made from. */

import { appLabel, processLabel } from "../../../model/kinds/nagi/app/app-names.ts";
import type { PodObject } from "../../snapshot/objects.ts";
import type { PodEdit } from "./change.ts";

export interface Owner {
  /** The kind that a user edits: Deployment rather than ReplicaSet. */
  readonly kind: string;
  readonly name: string;
}

const hashLabel = "pod-template-hash";

/** Undefined for a pod that stands alone. */
export function ownerOf({ metadata }: PodObject): Owner | undefined {
  const reference = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (reference === undefined) return undefined;
  const hash = metadata.labels?.[hashLabel];
  if (reference.kind === "ReplicaSet" && hash !== undefined && reference.name.endsWith(`-${hash}`)) {
    return { kind: "Deployment", name: reference.name.slice(0, -hash.length - 1) };
  }
  return { kind: reference.kind, name: reference.name };
}

/** Of an app of Nagi; only the app may be changed, which keeps its Deployments as it wants them. */
export function appOf({ metadata }: PodObject): { app: string; process: string } | undefined {
  const app = metadata.labels?.[appLabel];
  const process = metadata.labels?.[processLabel];
  return app === undefined || process === undefined ? undefined : { app, process };
}

/** Kinds whose change makes new pods. */
const templated: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

/** The command that makes the edits where they last; undefined when there is none that is short. */
export function editCommand(pod: PodObject, edits: readonly PodEdit[]): string | undefined {
  if (appOf(pod) !== undefined) return appCommand(pod, edits);
  const owner = ownerOf(pod);
  if (owner === undefined) {
    const name = pod.metadata.name ?? "";
    const patch = quoted(JSON.stringify(edits));
    return `kubectl get pod ${name}${namespaceFlag(pod)} -o json | kubectl patch --local -f - --type json -p ${patch} -o json | kubectl replace --force -f -`;
  }
  if (!templated.has(owner.kind)) return undefined;
  const patch = JSON.stringify(edits.map((edit) => ({ ...edit, path: `/spec/template${edit.path}` })));
  return `kubectl patch ${owner.kind.toLowerCase()} ${owner.name}${namespaceFlag(pod)} --type json -p ${quoted(patch)}`;
}

const requestPath = /^\/spec\/containers\/0\/resources\/requests\/([^/]+)$/;

/** An app says what its processes ask for, and nothing else of their pods. */
function appCommand(pod: PodObject, edits: readonly PodEdit[]): string | undefined {
  const found = appOf(pod);
  const requests: Record<string, unknown> = {};
  for (const { path, value } of edits) {
    const resource = requestPath.exec(path)?.[1];
    if (resource === undefined) return undefined;
    requests[resource] = value;
  }
  if (found === undefined) return undefined;
  const patch = { spec: { processes: { [found.process]: { resources: { requests } } } } };
  return `kubectl patch app ${found.app}${namespaceFlag(pod)} --type merge -p ${quoted(JSON.stringify(patch))}`;
}

export function scaleCommand(pod: PodObject, replicas: number): string | undefined {
  const app = appOf(pod);
  if (app !== undefined) return `nagi scale ${app.process}=${replicas} --app ${app.app}${namespaceFlag(pod)}`;
  const owner = ownerOf(pod);
  if (owner === undefined || !scalable.has(owner.kind)) return undefined;
  return `nagi scale ${owner.kind.toLowerCase()} ${owner.name} --replicas ${replicas}${namespaceFlag(pod)}`;
}

const scalable: ReadonlySet<string> = new Set(["Deployment", "ReplicaSet", "StatefulSet"]);

export function namespaceFlag({ metadata }: PodObject): string {
  const { namespace = "default" } = metadata;
  return namespace === "default" ? "" : ` -n ${namespace}`;
}

/** For a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
