/** What services and controllers say of which pods belong together. */

import type { LabelSelector, PlainOwner, Pod } from "./objects.ts";
import { hasLabels } from "./selectors.ts";
import { namespaceOf, type World } from "./world.ts";

/** The services of the pod's namespace whose selector picks it; a service without selector picks nothing. */
export function servicesOf(pod: Pod, world: World): readonly PlainOwner[] {
  return world.related.Service.filter(
    ({ metadata, spec: { selector } }) =>
      metadata.namespace === namespaceOf(pod) &&
      selector !== undefined &&
      hasLabels(selector, pod.metadata.labels),
  );
}

/**
 * What the pod's services and its controller select, together; undefined when that is nothing in particular. Of plain
 * selectors a later one replaces what an earlier one says of a label; those of replica sets are demanded on top.
 */
export function controllerSelector(pod: Pod, world: World): LabelSelector | undefined {
  const matchLabels: Record<string, string> = {};
  for (const { spec } of servicesOf(pod, world)) Object.assign(matchLabels, spec.selector);
  const owner = (pod.metadata.ownerReferences ?? []).find(({ controller }) => controller === true);
  const find = <T extends PlainOwner | { metadata: PlainOwner["metadata"] }>(
    list: readonly T[],
  ): T | undefined =>
    list.find(({ metadata }) => metadata.namespace === namespaceOf(pod) && metadata.name === owner?.name);
  const { ReplicationController, ReplicaSet, StatefulSet } = world.related;
  let others: LabelSelector = {};
  if (owner?.kind === "ReplicationController") {
    Object.assign(matchLabels, find(ReplicationController)?.spec.selector);
  } else if (owner?.kind === "ReplicaSet") {
    others = find(ReplicaSet)?.spec.selector ?? {};
  } else if (owner?.kind === "StatefulSet") {
    others = find(StatefulSet)?.spec.selector ?? {};
  }
  const demanded = Object.entries(others.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "In",
    values: [value],
  }));
  const selector = {
    matchLabels,
    matchExpressions: [...demanded, ...(others.matchExpressions ?? [])],
  };
  const size = Object.keys(selector.matchLabels).length + selector.matchExpressions.length;
  return size === 0 ? undefined : selector;
}
