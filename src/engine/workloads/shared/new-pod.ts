/** A pod from a workload's template. */

import type { PodTemplateSpec } from "../../../model/kinds/core/pod/pod-spec.ts";
import { pod, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../../model/kind.ts";
import { controllerRef, type KubeObject } from "../../../model/meta.ts";

export function newPod(owner: KubeObject, template: PodTemplateSpec | undefined): Pod {
  const { name = "", namespace } = owner.metadata;
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return newObject(
    pod,
    {
      generateName: `${name}-`,
      namespace,
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [controllerRef(owner)],
    },
    { spec: template?.spec ?? { containers: [] } },
  );
}
