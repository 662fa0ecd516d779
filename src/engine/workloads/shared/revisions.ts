/**
 * The templates that a workload has had, each kept as an object of its own: pods say by a label which one they were
 * made from, and an older one can still be made when it is wanted.
 */

import type { Client } from "../../../client/client.ts";
import { newObject } from "../../../model/kind.ts";
import {
  controllerRevision,
  type ControllerRevision,
} from "../../../model/kinds/apps/controllerrevision/controllerrevision.ts";
import type { PodTemplateSpec } from "../../../model/kinds/core/pod/pod-spec.ts";
import { controllerRef, refOf, type KubeObject } from "../../../model/meta.ts";
import { isNotFound, isStatus } from "../../../model/status.ts";
import { canonicalJson, safeHash } from "./safe-hash.ts";

export const revisionLabel = "controller-revision-hash";

interface RevisedWorkload extends KubeObject {
  spec: { template: PodTemplateSpec; revisionHistoryLimit?: number | undefined };
}

export function templateOf({ data }: ControllerRevision): PodTemplateSpec | undefined {
  const { spec } = (data ?? {}) as { spec?: { template?: PodTemplateSpec } };
  return spec?.template;
}

function revisionName({ metadata, spec }: RevisedWorkload): string {
  return `${metadata.name}-${safeHash(canonicalJson(spec.template))}`;
}

/** The revision of the present template, made or brought to the front where that is needed. */
export async function presentRevision(
  client: Client,
  workload: RevisedWorkload,
  revisions: readonly ControllerRevision[],
): Promise<ControllerRevision> {
  const name = revisionName(workload);
  const last = Math.max(0, ...revisions.map(({ revision }) => revision));
  const known = revisions.find(({ metadata }) => metadata.name === name);
  if (known !== undefined) {
    if (known.revision === last) return known;
    return client.update(controllerRevision, { ...known, revision: last + 1 });
  }
  const { namespace } = workload.metadata;
  const made = newObject(
    controllerRevision,
    {
      name,
      namespace,
      labels: { ...workload.spec.template.metadata?.labels, [revisionLabel]: name },
      ownerReferences: [controllerRef(workload)],
    },
    { data: { spec: { template: { ...workload.spec.template, $patch: "replace" } } }, revision: last + 1 },
  );
  try {
    return await client.create(controllerRevision, made);
  } catch (error) {
    // Made before and not seen yet.
    if (isStatus(error, "AlreadyExists")) return client.get(controllerRevision, { name, namespace });
    throw error;
  }
}

const keptWhenUnsaid = 10;

/** Removes the oldest ones that no pod was made from, beyond the limit. */
export async function dropOldRevisions(
  client: Client,
  { spec }: RevisedWorkload,
  revisions: readonly ControllerRevision[],
  inUse: ReadonlySet<string>,
): Promise<void> {
  const unused = revisions
    .filter(({ metadata }) => !inUse.has(metadata.name ?? ""))
    .toSorted((a, b) => a.revision - b.revision);
  const surplus = unused.length - (spec.revisionHistoryLimit ?? keptWhenUnsaid);
  for (const old of unused.slice(0, Math.max(0, surplus))) {
    try {
      await client.delete(controllerRevision, refOf(old), { preconditions: { uid: old.metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
