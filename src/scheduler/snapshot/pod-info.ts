/** A pod as the scheduler needs it, read once when the pod arrives. */

import { messageOf } from "../../lib/errors.ts";
import { AmountError } from "./amounts.ts";
import { hostPortsOf, type HostPort } from "./host-ports.ts";
import type { PodObject } from "./objects.ts";
import { textOf } from "./text-of.ts";
import { everything, networkOf, podRequests, type PodRequests } from "./requests.ts";

export interface PodInfo {
  readonly object: PodObject;
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name` */
  readonly key: string;
  readonly uid: string;
  readonly priority: number;
  readonly requests: PodRequests;
  readonly hostPorts: readonly HostPort[];
  /** Equal for pods that nothing that counts other pods can tell apart. */
  readonly kinship: string;
  /** Why the pod cannot be placed anywhere as it is: a quantity that cannot be counted. */
  readonly fault?: string | undefined;
}

export function readPod(object: PodObject): PodInfo {
  const { name = "", namespace = "", uid = `${namespace}/${name}` } = object.metadata;
  const { requests, hostPorts, fault } = demandOf(object);
  return {
    object,
    namespace,
    name,
    key: `${namespace}/${name}`,
    uid,
    priority: object.spec.priority ?? 0,
    requests,
    hostPorts,
    kinship: kinshipOf(object, namespace),
    fault,
  };
}

function kinshipOf({ metadata, spec }: PodObject, namespace: string): string {
  const { labels, deletionTimestamp } = metadata;
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  let text = deletionTimestamp === undefined ? namespace : `${namespace} going`;
  if (labels !== undefined) text += textOf(labels);
  if (podAffinity !== undefined) text += `+${textOf(podAffinity)}`;
  if (podAntiAffinity !== undefined) text += `-${textOf(podAntiAffinity)}`;
  return text;
}

interface Demand extends Pick<PodInfo, "requests" | "hostPorts" | "fault"> {
  readonly spec: PodObject["spec"];
  readonly network: string | undefined;
}

const known = new WeakMap<PodObject["spec"]["containers"], Demand>();

/** Pods of one template may share their containers, frozen: what they ask for is then read once. */
function demandOf(object: PodObject): Demand {
  const { spec } = object;
  const { containers } = spec;
  if (!Object.isFrozen(containers)) return readDemand(object);
  let demand = known.get(containers);
  const isKnown = demand !== undefined && demandsAlike(demand.spec, spec);
  if (demand === undefined || !isKnown || demand.network !== networkOf(object)) {
    demand = readDemand(object);
    known.set(containers, demand);
  }
  return demand;
}

/** Whether all else that is read for the demand is the same too. */
function demandsAlike(a: PodObject["spec"], b: PodObject["spec"]): boolean {
  return (
    a.initContainers === b.initContainers &&
    a.overhead === b.overhead &&
    a.resources === b.resources &&
    a.hostNetwork === b.hostNetwork
  );
}

function readDemand(object: PodObject): Demand {
  const { spec } = object;
  const hostPorts = hostPortsOf(object);
  const network = networkOf(object);
  try {
    return { spec, network, hostPorts, requests: podRequests(object) };
  } catch (error) {
    if (!(error instanceof AmountError)) throw error;
    return { spec, network, hostPorts, requests: everything, fault: messageOf(error) };
  }
}

/** Whether the pod has ended and holds nothing of its node any more. */
export function isFinished(object: PodObject): boolean {
  const phase = object.status?.phase;
  return phase === "Succeeded" || phase === "Failed";
}
