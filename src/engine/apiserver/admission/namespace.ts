/** Namespaces: nothing is made in one that is missing or going; the first ones stay; one goes when it is empty. */

import { isJsonObject } from "../../../model/json.ts";
import type { Kind } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/meta.ts";
import type { Namespace } from "../../../model/kinds/core/namespace/namespace.ts";
import { StatusError } from "../../../model/status.ts";
import { forbidden } from "../api-errors.ts";
import type { ServerParts } from "../parts.ts";
import type { KindHook } from "./hooks.ts";

/** There from the first start; `default` and `kube-system` because tools expect them. */
export const firstNamespaces = ["default", "kube-node-lease", "kube-system", "nagi-system"] as const;

/** Kept by a namespace until whoever empties it says so through the `finalize` subresource. */
const namespaceFinalizer = "kubernetes";

export function admitNamespace(parts: ServerParts, kind: Kind, namespace: string, name: string): void {
  if (!kind.namespaced) return;
  const entry = parts.store.get({ resource: "namespaces", namespace: "", name: namespace });
  if (entry === undefined) {
    throw new StatusError("NotFound", `namespaces "${namespace}" not found`, {
      name: namespace,
      kind: "namespaces",
    });
  }
  if (entry.value.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(kind, name, why);
}

/** Selectors of namespaces can so choose one by its name. */
const nameLabel = "kubernetes.io/metadata.name";

function labelWithName({ metadata }: KubeObject): void {
  if (metadata.name === undefined || (metadata.labels !== undefined && !isJsonObject(metadata.labels)))
    return;
  metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
}

export function namespaceHook(namespaceKind: Kind): KindHook {
  return {
    prepare(object) {
      const fresh = object as Namespace;
      fresh.spec = { ...fresh.spec, finalizers: [namespaceFinalizer] };
      labelWithName(fresh);
    },
    prepareUpdate(next, previous) {
      const { spec } = previous as Namespace;
      if (spec === undefined) delete (next as Namespace).spec;
      else (next as Namespace).spec = spec;
      labelWithName(next);
    },
    checkDelete(object) {
      const { name = "" } = object.metadata;
      if (!firstNamespaces.some((first) => first === name)) return;
      throw forbidden(namespaceKind, name, "this namespace may not be deleted");
    },
    markDeleted: (object) =>
      ({ ...object, status: { ...(object as Namespace).status, phase: "Terminating" } }) as Namespace,
    holds: (object) => ((object as Namespace).spec?.finalizers ?? []).length > 0,
  };
}
