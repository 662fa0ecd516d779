/** What the pod of an add-on's server says of it. Pure. */

import { findCondition, isConditionTrue } from "../../model/conditions.ts";
import type { StatefulSet } from "../../model/kinds/apps/statefulset/statefulset.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";

const quotedMaxCharacters = 600;
/** Of the template that a pod was made from. */
const revisionLabel = "controller-revision-hash";

export interface ServerState {
  readonly ready: boolean;
  /** Why it is not. */
  readonly message: string;
}

/** A pod of before a change serves until it is ended: what the change asked for is not there yet. */
export function serverState(pod: Pod | undefined, { metadata, status }: StatefulSet): ServerState {
  if (pod === undefined) return { ready: false, message: "waiting for its pod" };
  const isSeen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  if (!isSeen || pod.metadata.labels?.[revisionLabel] !== status?.updateRevision)
    return { ready: false, message: "its pod is made anew" };
  if (pod.metadata.deletionTimestamp !== undefined)
    return { ready: false, message: "its pod ends, and another one follows" };
  if (isConditionTrue(pod.status?.conditions, "Ready")) return { ready: true, message: "" };
  const scheduled = findCondition(pod.status?.conditions, "PodScheduled");
  if (scheduled?.status === "False")
    return { ready: false, message: `no node takes it: ${scheduled.message ?? scheduled.reason ?? ""}` };
  return { ready: false, message: containerText(pod) };
}

function containerText({ status: podStatus }: Pod): string {
  const [status] = podStatus?.containerStatuses ?? [];
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  const waiting = status?.state?.waiting;
  if (ended !== undefined) {
    const said = (ended.message ?? "").trim().slice(-quotedMaxCharacters);
    const why =
      ended.reason === "OOMKilled" ? "it used more memory than its plan has" : `exit code ${ended.exitCode}`;
    return `the server ended (${why})${said === "" ? "" : `: ${said}`}`;
  }
  return waiting?.message === undefined
    ? "the server starts"
    : `${waiting.reason ?? "waiting"}: ${waiting.message}`;
}
