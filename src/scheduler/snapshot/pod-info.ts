/** A pod as the scheduler needs it, read once when the pod arrives. */

import { messageOf } from "../../lib/errors.ts";
import { AmountError } from "./amounts.ts";
import { hostPortsOf, type HostPort } from "./host-ports.ts";
import type { PodObject } from "./objects.ts";
import { everything, podRequests, type PodRequests } from "./requests.ts";

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
  /** Why the pod cannot be placed anywhere as it is: a quantity that cannot be counted. */
  readonly fault?: string | undefined;
}

export function readPod(object: PodObject): PodInfo {
  const { name = "", namespace = "", uid = `${namespace}/${name}` } = object.metadata;
  const { requests, fault } = readRequests(object);
  return {
    object,
    namespace,
    name,
    key: `${namespace}/${name}`,
    uid,
    priority: object.spec.priority ?? 0,
    requests,
    hostPorts: hostPortsOf(object),
    fault,
  };
}

function readRequests(object: PodObject): { requests: PodRequests; fault?: string | undefined } {
  try {
    return { requests: podRequests(object) };
  } catch (error) {
    if (!(error instanceof AmountError)) throw error;
    return { requests: everything, fault: messageOf(error) };
  }
}

/** Whether the pod has ended and holds nothing of its node any more. */
export function isFinished(object: PodObject): boolean {
  const phase = object.status?.phase;
  return phase === "Succeeded" || phase === "Failed";
}
