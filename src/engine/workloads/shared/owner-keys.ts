/** Which workload a pod concerns: its owner or, of a pod without one, those that would take it. */

import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { LabelSelector } from "../../../model/label-selector.ts";
import { matches, selectorFromLabelSelector } from "../../../model/labels.ts";
import { controllerOf, keyOf, refOf, type KubeObject, type ObjectMeta } from "../../../model/meta.ts";

interface Workload extends KubeObject {
  readonly spec: { readonly selector?: LabelSelector | undefined };
}

/** Whether the workload's selector matches the labels. */
export function selects({ spec }: Workload, { metadata }: { readonly metadata: ObjectMeta }): boolean {
  return matches(selectorFromLabelSelector(spec.selector), metadata.labels);
}

/** Keys of the workloads of one kind that are to look at the pod. */
export function ownerKeys(
  pod: Pod,
  kind: string,
  workloads: { list(namespace?: string): readonly Workload[] },
): string[] {
  const { namespace = "" } = pod.metadata;
  const owner = controllerOf(pod);
  if (owner !== undefined) return owner.kind === kind ? [`${namespace}/${owner.name}`] : [];
  return workloads
    .list(namespace)
    .filter((each) => selects(each, pod))
    .map((each) => keyOf(refOf(each)));
}
