/**
 * Deletion: at once, or in two steps when the kind has a grace period or a finalizer must act first. The object
 * then carries a deletionTimestamp until nothing keeps it.
 */

import type { DeleteOptions } from "../../../client/client.ts";
import { resourceName, type Kind } from "../../../model/kind.ts";
import type { KubeObject, ObjectMeta } from "../../../model/meta.ts";
import { conflict, notFound } from "../api-errors.ts";
import type { ServerParts, Target } from "../parts.ts";
import { commit, type Outcome } from "./commit.ts";
import { timestamp } from "../../../lib/timestamp.ts";

/** Finalizers of the garbage collector; the propagation policy of a deletion sets or clears them. */
const foreground = "foregroundDeletion";
const orphan = "orphan";

export interface RemoveRequest {
  readonly target: Target;
  readonly options: DeleteOptions;
  readonly dryRun?: boolean | undefined;
}

export function removeObject(parts: ServerParts, request: RemoveRequest): Promise<Outcome> {
  const { target, options, dryRun } = request;
  const { kind, name } = target;
  return commit(parts, target, {
    dryRun,
    make(entry) {
      if (entry === undefined) throw notFound(kind, name);
      const object = entry.value;
      checkPreconditions(target, options, object.metadata);
      const hook = parts.hooks.get(resourceName(kind));
      hook?.checkDelete?.(object);
      const marked = mark(parts, kind, object, options);
      if (marked === undefined) return "keep";
      if (!keptWhileDeleted(parts, kind, marked)) return "delete";
      return hook?.markDeleted?.(marked) ?? marked;
    },
  });
}

/** Whether anything still keeps an object that has its deletionTimestamp. */
export function keptWhileDeleted(parts: ServerParts, kind: Kind, object: KubeObject): boolean {
  const { finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
  if (finalizers.length > 0 || deletionGracePeriodSeconds > 0) return true;
  return parts.hooks.get(resourceName(kind))?.holds?.(object) ?? false;
}

/** The object with its deletion noted; undefined when an earlier deletion asked for the same or for less. */
function mark(
  parts: ServerParts,
  kind: Kind,
  object: KubeObject,
  options: DeleteOptions,
): KubeObject | undefined {
  const { metadata } = object;
  const graceSeconds = graceOf(kind, object, options);
  const finalizers = finalizersOf(metadata.finalizers ?? [], options.propagationPolicy);
  const already = metadata.deletionTimestamp !== undefined;
  const sameFinalizers = finalizers.length === (metadata.finalizers ?? []).length;
  if (already && sameFinalizers && graceSeconds >= (metadata.deletionGracePeriodSeconds ?? 0))
    return undefined;
  const seconds = Math.min(graceSeconds, metadata.deletionGracePeriodSeconds ?? graceSeconds);
  const { finalizers: _, ...rest } = metadata;
  return {
    ...object,
    metadata: {
      ...rest,
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ...(metadata.generation === undefined || already ? {} : { generation: metadata.generation + 1 }),
      deletionTimestamp: timestamp(parts.clock.now() + seconds * 1000),
      deletionGracePeriodSeconds: seconds,
    },
  };
}

/** A kind that wants no grace (for instance a pod that no node has) gets none, whoever asks for some. */
function graceOf(kind: Kind, object: KubeObject, options: DeleteOptions): number {
  const ownSeconds = kind.deletionGraceSeconds?.(object) ?? 0;
  return ownSeconds <= 0 ? 0 : Math.max(0, options.gracePeriodSeconds ?? ownSeconds);
}

function finalizersOf(present: readonly string[], policy: DeleteOptions["propagationPolicy"]): string[] {
  if (policy === undefined) return [...present];
  const others = present.filter((finalizer) => finalizer !== foreground && finalizer !== orphan);
  if (policy === "Foreground") return [...others, foreground];
  return policy === "Orphan" ? [...others, orphan] : others;
}

function checkPreconditions({ kind, name }: Target, options: DeleteOptions, metadata: ObjectMeta): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
    throw conflict(kind, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`;
    throw conflict(kind, name, why);
  }
}
