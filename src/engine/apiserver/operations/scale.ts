/** The scale subresource: the number of pods of any workload, in one shape. */

import type { Kind } from "../../../model/kind.ts";
import { scale as scaleKind, type Scale } from "../../../model/kinds/autoscaling/scale/scale.ts";
import type { KubeObject } from "../../../model/meta.ts";
import { admitObject } from "../../../model/validate.ts";
import { conflict, modified, noSuchPath } from "../api-errors.ts";
import type { ServerParts, Stored, Target } from "../parts.ts";
import { checkType } from "./checks.ts";
import { copyJson } from "./json.ts";
import { replaceObject } from "./replace.ts";

export function scaleOf(kind: Kind, object: KubeObject): Stored {
  const paths = scalePaths(kind);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const value: Scale = {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: paths.replicas(object) },
    status: { replicas: paths.statusReplicas(object), selector: paths.selector(object) },
  };
  return { value, encoded: JSON.stringify(value) };
}

export interface ScaleRequest {
  readonly target: Target;
  readonly next: (previous: KubeObject) => KubeObject;
  readonly dryRun?: boolean | undefined;
}

export async function replaceScale(
  parts: ServerParts,
  { target, next, dryRun }: ScaleRequest,
): Promise<Stored> {
  const { kind, name } = target;
  const paths = scalePaths(kind);
  const outcome = await replaceObject(parts, {
    target,
    subresource: "",
    dryRun,
    next(previous) {
      const given = copyJson(next(scaleOf(kind, previous).value), parts.limits.nesting);
      checkType(scaleKind, given);
      const { uid, resourceVersion } = given.metadata;
      if (uid !== undefined && uid !== previous.metadata.uid) {
        const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${previous.metadata.uid}`;
        throw conflict(kind, name, why);
      }
      if (resourceVersion !== undefined && resourceVersion !== previous.metadata.resourceVersion) {
        throw modified(kind, name);
      }
      admitObject(scaleKind, given);
      return paths.withReplicas(previous, (given as Scale).spec?.replicas ?? 0);
    },
  });
  return scaleOf(kind, outcome.value);
}

function scalePaths(kind: Kind) {
  if (kind.scale === undefined) throw noSuchPath();
  return kind.scale;
}
