/** Reads the past and removes of it what the policy does not keep; for whoever may, over any client. */

import { build } from "../../model/kinds/build/build/build.ts";
import { job } from "../../model/kinds/batch/job/job.ts";
import { pod } from "../../model/kinds/core/pod/pod.ts";
import {
  housekeeping,
  housekeepingName,
  type Housekeeping,
} from "../../model/kinds/nagi/housekeeping/housekeeping.ts";
import { release } from "../../model/kinds/nagi/release/release.ts";
import { newObject, type Kind } from "../../model/kind.ts";
import { refOf } from "../../model/meta.ts";
import { isConflict, isNotFound, isStatus } from "../../model/status.ts";
import type { Client } from "../client.ts";
import type { OldObject, Past } from "./plan.ts";

const kinds = { build, pod, job } as unknown as Record<OldObject["kind"], Kind>;

export async function readPast(client: Client, namespace: string | undefined): Promise<Past> {
  const where = namespace === undefined ? {} : { namespace };
  const [builds, releases, pods, jobs] = await Promise.all([
    client.list(build, where),
    client.list(release, where),
    client.list(pod, where),
    client.list(job, where),
  ]);
  return { builds: builds.items, releases: releases.items, pods: pods.items, jobs: jobs.items };
}

/** The very objects that were planned; one that is gone or was made anew is left alone. Says how many went. */
export async function removePast(client: Client, old: readonly OldObject[]): Promise<number> {
  let removed = 0;
  for (const { kind, object } of old) {
    try {
      const { uid } = object.metadata;
      await client.delete(kinds[kind], refOf(object), {
        preconditions: { uid },
        propagationPolicy: "Background",
      });
      removed += 1;
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
  return removed;
}

/** The policy, which is there from the first time that it is asked for. */
export async function housekeepingPolicy(client: Client): Promise<Housekeeping> {
  const ref = { name: housekeepingName };
  try {
    return await client.get(housekeeping, ref);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const made = newObject<Housekeeping>(housekeeping, ref, { spec: {} });
  return await client.create(housekeeping, made).catch((error: unknown) => {
    if (isStatus(error, "AlreadyExists")) return client.get(housekeeping, ref);
    throw error;
  });
}
