/** A pod of a stateful set, and its claims: named by its number, so that they find each other again. */

import { newObject } from "../../../model/kind.ts";
import type { StatefulSet } from "../../../model/kinds/apps/statefulset/statefulset.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import type { PodTemplateSpec } from "../../../model/kinds/core/pod/pod-spec.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { controllerRef } from "../../../model/meta.ts";
import { newPod } from "../shared/new-pod.ts";
import { revisionLabel } from "../shared/revisions.ts";
import { podName, type NewStatefulPod } from "./decide.ts";

export function claimName(template: string, pod: string): string {
  return `${template}-${pod}`;
}

export function buildStatefulPod(
  set: StatefulSet,
  { ordinal, revision }: NewStatefulPod,
  template: PodTemplateSpec,
): Pod {
  const pod = newPod(set, template);
  const name = podName(set, ordinal);
  const { generateName: _, ...metadata } = pod.metadata;
  const claims = (set.spec.volumeClaimTemplates ?? []).map((each) => each.metadata?.name ?? "");
  const others = (pod.spec.volumes ?? []).filter((volume) => !claims.includes(volume.name));
  const own = claims.map((claim) => ({
    name: claim,
    persistentVolumeClaim: { claimName: claimName(claim, name), readOnly: false },
  }));
  const { serviceName = "" } = set.spec;
  return {
    ...pod,
    metadata: {
      ...metadata,
      name,
      labels: {
        ...metadata.labels,
        [revisionLabel]: revision,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": String(ordinal),
      },
    },
    spec: {
      ...pod.spec,
      hostname: name,
      ...(serviceName === "" ? {} : { subdomain: serviceName }),
      ...(own.length === 0 ? {} : { volumes: [...others, ...own] }),
    },
  };
}

/** The claims that the pod needs; they stay when it goes, unless the set says otherwise. */
export function buildClaims(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  const pod = podName(set, ordinal);
  const goWithSet = set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === "Delete";
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata = {}, spec }) =>
    newObject(
      persistentVolumeClaim,
      {
        name: claimName(metadata.name ?? "", pod),
        namespace: set.metadata.namespace,
        labels: { ...metadata.labels, ...set.spec.selector.matchLabels },
        ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
        ...(goWithSet ? { ownerReferences: [controllerRef(set)] } : {}),
      },
      { spec },
    ),
  );
}
