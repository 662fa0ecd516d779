/** The constraints that hold for a pod: its own or, for pods without, those of the configuration. */

import { matches, selectorFromLabels, type Selector } from "../../../model/labels.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { LabelSelectorObject, SpreadConstraintObject } from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { RelatedObject } from "../../snapshot/related.ts";
import { textOf } from "../../snapshot/text-of.ts";
import { ownValues, selectorOf } from "../../snapshot/topology/pod-terms.ts";
import { selectorsOf } from "../servicepods/service-pods.ts";

export const hostnameKey = "kubernetes.io/hostname";

export interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** Of the pods that are counted; empty when none are. */
  readonly selector: Selector;
  /** Whether the pod itself will be counted where it goes. */
  readonly countsSelf: boolean;
  /** Whether only nodes count that the pod's own node selector and affinity allow. */
  readonly honorsAffinity: boolean;
  /** Whether only nodes count whose taints the pod tolerates. */
  readonly honorsTaints: boolean;
}

export interface SpreadRules {
  readonly demands: readonly Constraint[];
  readonly wishes: readonly Constraint[];
  /** Whether a node that lacks one of the labels gets no score. */
  readonly needsAllKeys: boolean;
}

export interface SpreadDefaults {
  readonly constraints: readonly SpreadConstraintObject[];
  /** The built-in ones: a node may lack some of their labels. */
  readonly areSystem: boolean;
}

/** Kinds that say which pods without constraints belong together. */
export const ownerKinds: readonly string[] = [
  "Service",
  "ReplicationController",
  "ReplicaSet",
  "StatefulSet",
];

export function ownConstraints({ object }: PodInfo): readonly SpreadConstraintObject[] {
  return object.spec.topologySpreadConstraints ?? [];
}

export function rulesOf(pod: PodInfo, cluster: Cluster, defaults: SpreadDefaults): SpreadRules {
  const own = ownConstraints(pod);
  if (own.length > 0) {
    const read = (each: SpreadConstraintObject): Constraint =>
      constraintOf(each, ownSelector(each, pod), pod);
    return sorted(own, read, true);
  }
  const selector = defaults.constraints.length === 0 ? [] : selectorOfOwners(pod, cluster);
  const constraints = selector.length === 0 ? [] : defaults.constraints;
  return sorted(constraints, (each) => constraintOf(each, selector, pod), !defaults.areSystem);
}

function sorted(
  constraints: readonly SpreadConstraintObject[],
  read: (constraint: SpreadConstraintObject) => Constraint,
  needsAllKeys: boolean,
): SpreadRules {
  const isWish = ({ whenUnsatisfiable }: SpreadConstraintObject): boolean =>
    whenUnsatisfiable === "ScheduleAnyway";
  return {
    demands: constraints.filter((each) => !isWish(each)).map(read),
    wishes: constraints.filter(isWish).map(read),
    needsAllKeys,
  };
}

function constraintOf(given: SpreadConstraintObject, selector: Selector, { object }: PodInfo): Constraint {
  const { topologyKey, maxSkew, minDomains = 1, nodeAffinityPolicy, nodeTaintsPolicy } = given;
  return {
    topologyKey,
    maxSkew,
    minDomains,
    selector,
    countsSelf: matches(selector, object.metadata.labels),
    honorsAffinity: nodeAffinityPolicy !== "Ignore",
    honorsTaints: nodeTaintsPolicy === "Honor",
  };
}

function ownSelector(
  { labelSelector, matchLabelKeys }: SpreadConstraintObject,
  { object }: PodInfo,
): Selector {
  const { labels } = object.metadata;
  return [...selectorOf(labelSelector), ...ownValues(labelSelector, matchLabelKeys, "In", labels)];
}

interface ControllerObject extends RelatedObject {
  readonly spec?: { readonly selector?: unknown } | undefined;
}

/** What the pod's services and its controller select, together; empty when that is nothing in particular. */
function selectorOfOwners(pod: PodInfo, cluster: Cluster): Selector {
  const { labels = {} } = pod.object.metadata;
  const wanted: Record<string, string> = {};
  for (const selector of selectorsOf(pod, cluster, ["Service"])) {
    for (const { key } of selector) wanted[key] = labels[key] ?? "";
  }
  const { kind, name } = controllerOf(pod) ?? {};
  const controller =
    kind === undefined || name === undefined
      ? undefined
      : cluster.related.get<ControllerObject>(kind, pod.namespace, name)?.spec?.selector;
  if (kind === "ReplicationController") Object.assign(wanted, controller);
  const others =
    kind === "ReplicationController" || controller === undefined
      ? []
      : selectorOf(controller as LabelSelectorObject);
  return [...selectorFromLabels(wanted), ...others];
}

const versions: Readonly<Record<string, string>> = {
  ReplicationController: "v1",
  ReplicaSet: "apps/v1",
  StatefulSet: "apps/v1",
};

/** Of the kinds whose selectors count. */
export function controllerOf({
  object,
}: PodInfo): { readonly kind: string; readonly name: string } | undefined {
  const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner !== undefined && versions[owner.kind] === owner.apiVersion ? owner : undefined;
}

/** All of the pod that its constraints, and the nodes that count for them, depend on. */
export function shareKeyOf(pod: PodInfo, defaults: SpreadDefaults): string {
  const own = ownConstraints(pod);
  const { labels } = pod.object.metadata;
  if (own.length > 0) {
    return `${pod.namespace}${textOf(labels ?? noLabels)}${textOf(own)}${placeText(pod)}`;
  }
  if (defaults.constraints.length === 0) return "";
  const controller = controllerOf(pod);
  if (labels === undefined && controller === undefined) return "";
  return `${pod.namespace}${textOf(labels ?? noLabels)}${controller?.kind}/${controller?.name}${placeText(pod)}`;
}

const noLabels = Object.freeze({});

/** What decides which nodes count. */
export function placeText({ object: { spec } }: PodInfo): string {
  const { nodeSelector, affinity, tolerations } = spec;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (nodeSelector === undefined && required === undefined && tolerations === undefined) return "";
  return JSON.stringify([nodeSelector, required, tolerations]);
}
