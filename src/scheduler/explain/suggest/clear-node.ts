/** Which pods must go so that a node takes the pod: as few as can be, of the lowest priority. */

import type { PlacedPod } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { costs, type Change } from "./change.ts";
import { namespaceFlag, ownerOf, scaleCommand } from "./owner.ts";
import type { Refusal, Trial } from "./trial.ts";

const MAX_SINGLES = 12;
const MAX_VICTIMS = 5;
const MAX_SCALED = 50;
/** Pods of this priority and above keep the cluster running. */
const SYSTEM_PRIORITY = 2_000_000_000;

/** Undefined when no few pods that may go would do. What the trial has applied already stays as it is. */
export function* clearNode(
  trial: Trial,
  pod: PodInfo,
  row: number,
): Generator<void, readonly PlacedPod[] | undefined> {
  const refusals = trial.refusals(pod, row);
  const hopeless = refusals.some(({ reasons }) => reasons.some(({ resolvable }) => !resolvable));
  if (hopeless || refusals.length === 0) return undefined;
  const candidates = candidatesOf(trial, row, refusals);
  const alone: PlacedPod[] = [];
  for (const candidate of candidates.slice(0, MAX_SINGLES)) {
    yield;
    if (fitsWithout(trial, [candidate], { pod, row })) alone.push(candidate);
  }
  const lowest = alone.toSorted((a, b) => a.info.priority - b.info.priority || weight(a) - weight(b))[0];
  return lowest === undefined ? yield* several(trial, candidates, { pod, row }) : [lowest];
}

interface Aim {
  readonly pod: PodInfo;
  readonly row: number;
}

function* several(
  trial: Trial,
  candidates: readonly PlacedPod[],
  aim: Aim,
): Generator<void, readonly PlacedPod[] | undefined> {
  const order = candidates.toSorted((a, b) => a.info.priority - b.info.priority || weight(b) - weight(a));
  let victims = order.slice(0, MAX_VICTIMS);
  yield;
  if (victims.length < 2 || !fitsWithout(trial, victims, aim)) return undefined;
  // Those that need not go stay, the most important first.
  for (const victim of victims.toReversed()) {
    const rest = victims.filter((other) => other !== victim);
    yield;
    if (fitsWithout(trial, rest, aim)) victims = rest;
  }
  return victims;
}

function fitsWithout(trial: Trial, victims: readonly PlacedPod[], { pod, row }: Aim): boolean {
  const undo = trial.apply([removal(victims)]);
  try {
    return trial.fits(pod, row);
  } finally {
    undo();
  }
}

function removal(victims: readonly PlacedPod[]): Change {
  return { type: "DeletePod", target: "", summary: "", cost: 0, removed: victims };
}

/** Pods of the node and those that a rule names, which may be elsewhere; named and unimportant ones first. */
function candidatesOf(trial: Trial, row: number, refusals: readonly Refusal[]): PlacedPod[] {
  const named = new Set(
    refusals.flatMap(({ reasons }) => reasons.flatMap(({ holders = [] }) => holders.map((each) => each.pod))),
  );
  const here = [...trial.cluster.podsOn(row)];
  const keys = new Set(here.map(({ info }) => info.key));
  const elsewhere = [...named].flatMap((key) => (keys.has(key) ? [] : (trial.podOf(key) ?? [])));
  const rank = ({ info }: PlacedPod): number => (named.has(info.key) ? 0 : 1);
  return [...here, ...elsewhere]
    .filter(mayGo)
    .sort((a, b) => rank(a) - rank(b) || a.info.priority - b.info.priority || weight(b) - weight(a));
}

/** A DaemonSet's pod comes back to its node, and a static one (of the Node) never went. */
function mayGo({ info }: PlacedPod): boolean {
  const kind = ownerOf(info.object)?.kind;
  return kind !== "DaemonSet" && kind !== "Node" && info.priority < SYSTEM_PRIORITY;
}

function weight({ info: { requests } }: PlacedPod): number {
  return requests.milliCpu + requests.memoryBytes / (4 * 1024 * 1024);
}

/** Of the same workload. */
function isSibling(a: PodInfo, b: PodInfo): boolean {
  const [left, right] = [ownerOf(a.object), ownerOf(b.object)];
  const isSame = left !== undefined && left.kind === right?.kind && left.name === right.name;
  return isSame && a.namespace === b.namespace;
}

/** One change a pod. That one of its own makes room for the pod helps least. */
export function deletions(pod: PodInfo, victims: readonly PlacedPod[]): Change[] {
  return victims.map((victim, index) => {
    const { info, nodeName } = victim;
    const lost = isSibling(pod, info) ? 25 : ownerOf(info.object) === undefined ? 5 : 0;
    return {
      type: "DeletePod",
      family: "DeletePod",
      target: `pod/${info.key}`,
      summary: `delete pod ${info.key} on ${nodeName}`,
      command: `nagi delete pod ${info.name}${namespaceFlag(info.object)}`,
      // Several pods of one node are one change in kind: the price of a further change does not apply.
      cost:
        costs.deletePod +
        lost +
        Math.min(10, Math.max(0, info.priority)) -
        (index === 0 ? 0 : costs.another - 8),
      removed: [victim],
    };
  });
}

/**
 * Scaling down the workload of the victims: to so few that, whichever of its pods go, enough of them go from that
 * node.
 */
export function scaleDown(trial: Trial, pod: PodInfo, victims: readonly PlacedPod[]): Change | undefined {
  const [first] = victims;
  const owner = first === undefined ? undefined : ownerOf(first.info.object);
  // Scaled down, the pod's own workload would no longer want the pod.
  if (first === undefined || owner === undefined || isSibling(pod, first.info)) return undefined;
  const all = trial.podsOwnedBy(owner, first.info.namespace);
  const uids = new Set(victims.map(({ info }) => info.uid));
  const ofOwner = all.filter(({ info, nodeName }) => uids.has(info.uid) && nodeName === first.nodeName);
  if (ofOwner.length < victims.length) return undefined;
  const here = all.filter(({ nodeName }) => nodeName === first.nodeName);
  const left = here.length - victims.length;
  const command = scaleCommand(first.info.object, left);
  if (command === undefined || all.length - left > MAX_SCALED) return undefined;
  const kept = new Set(here.filter(({ info }) => !uids.has(info.uid)));
  const name = `${owner.kind} ${first.info.namespace}/${owner.name}`;
  return {
    type: "ScaleDown",
    target: `${owner.kind.toLowerCase()}/${first.info.namespace}/${owner.name}`,
    summary: `scale ${name} down from ${all.length} to ${left}`,
    command,
    cost: costs.scaleDown + 4 * (all.length - left),
    removed: all.filter((pod) => !kept.has(pod)),
  };
}
