/** How much less a pod may ask for to fit somewhere: the largest amount that does, not a guess. */

import { quantityText } from "../../plugins/noderesourcesfit/amount-text.ts";
import { FITS } from "../../framework/verdict.ts";
import { amountOf } from "../../snapshot/amounts.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { ContainerObject, PodObject } from "../../snapshot/objects.ts";
import { readPod, type PodInfo } from "../../snapshot/pod-info.ts";
import { costs, edited, pointer, type Change, type PodEdit } from "./change.ts";
import { podChange } from "./pod-changes.ts";
import type { Trial } from "./trial.ts";

const MAX_RESOURCES = 8;
const MEBI = 1024 * 1024;
/** Added to the cost of asking for nothing at all; asking for half costs half of it. */
const COST_OF_ALL = 40;

/** Amounts by resource. */
type Amounts = ReadonlyMap<string, number>;

/** One resource at a time; cpu and memory together when none of them is enough. */
export function* lowerings(trial: Trial, pod: PodInfo): Generator<void, Change[]> {
  const asked = askedBy(pod);
  const changes: Change[] = [];
  for (const resource of [...asked.keys()].slice(0, MAX_RESOURCES)) {
    yield;
    const change = lowering(trial, pod, [resource]);
    if (change !== undefined) changes.push(change);
  }
  if (changes.length > 0 || !asked.has("cpu") || !asked.has("memory")) return changes;
  yield;
  const both = lowering(trial, pod, ["cpu", "memory"]);
  return both === undefined ? [] : [both];
}

function lowering(trial: Trial, pod: PodInfo, resources: readonly string[]): Change | undefined {
  const asked = askedBy(pod);
  const without = lowered(pod.object, new Map(resources.map((resource) => [resource, 0])));
  if (without === undefined) return undefined;
  const { evaluation } = trial.decide(readPod(edited(pod.object, without)));
  const { cluster } = trial;
  let best: Amounts | undefined;
  let bestShare = 0;
  for (let row = 0; row < cluster.rows; row++) {
    if (evaluation.verdictOf(row) !== FITS) continue;
    const amounts = freeOn(cluster, row, asked, resources);
    const share = shareOf(amounts, asked);
    if (share <= bestShare) continue;
    best = amounts;
    bestShare = share;
  }
  return best === undefined ? undefined : loweringTo(pod, best);
}

/** What the node of the row could give of each resource that is short there; undefined when that is nothing. */
export function loweringFor(pod: PodInfo, row: number, cluster: Cluster): Change | undefined {
  const asked = askedBy(pod);
  const amounts = freeOn(cluster, row, asked, [...asked.keys()]);
  const short = new Map([...amounts].filter(([resource, amount]) => amount < (asked.get(resource) ?? 0)));
  return short.size === 0 || shareOf(short, asked) <= 0 ? undefined : loweringTo(pod, short);
}

function loweringTo(pod: PodInfo, amounts: Amounts): Change | undefined {
  const asked = askedBy(pod);
  const edits = lowered(pod.object, amounts);
  if (edits === undefined || edits.length === 0) return undefined;
  const parts = [...amounts].map(([resource, amount]) => {
    const from = quantityText(resource, asked.get(resource) ?? 0);
    return `the ${resource} request from ${from} to ${quantityText(resource, amount)}`;
  });
  const cost = costs.lowerRequests + Math.round(COST_OF_ALL * (1 - shareOf(amounts, asked)));
  const family = `lower ${[...amounts.keys()].join()}`;
  return podChange(pod.object, {
    type: "LowerRequests",
    family,
    summary: `lower ${parts.join(" and ")}`,
    cost,
    edits,
  });
}

/** What is left of the requests in the resource that loses most. */
function shareOf(amounts: Amounts, asked: Amounts): number {
  return Math.min(...[...amounts].map(([resource, amount]) => amount / (asked.get(resource) ?? amount)));
}

function freeOn(cluster: Cluster, row: number, asked: Amounts, resources: readonly string[]): Amounts {
  const amounts = new Map<string, number>();
  for (const resource of resources) {
    const column = cluster.resources.column(resource);
    const free = (column?.allocatable[row] ?? 0) - (column?.requested[row] ?? 0);
    amounts.set(resource, rounded(resource, Math.max(0, Math.min(asked.get(resource) ?? 0, free))));
  }
  return amounts;
}

/** Down to what people write. */
function rounded(resource: string, amount: number): number {
  const isBytes = resource === "memory" || resource === "ephemeral-storage";
  return isBytes && amount >= MEBI ? amount - (amount % MEBI) : amount;
}

function askedBy({ requests }: PodInfo): Map<string, number> {
  const asked = new Map<string, number>();
  const { milliCpu, memoryBytes, ephemeralBytes, others } = requests;
  if (milliCpu > 0) asked.set("cpu", milliCpu);
  if (memoryBytes > 0) asked.set("memory", memoryBytes);
  if (ephemeralBytes > 0) asked.set("ephemeral-storage", ephemeralBytes);
  for (const { name, amount } of others) asked.set(name, amount);
  return asked;
}

/** Edits after which the pod asks for no more than the amounts; undefined when that cannot be done by requests. */
function lowered(object: PodObject, amounts: Amounts): readonly PodEdit[] | undefined {
  const edits: PodEdit[] = [];
  let present = object;
  for (const [resource, target] of amounts) {
    for (const place of placesOf(object, resource)) {
      const excess = (askedBy(readPod(present)).get(resource) ?? 0) - target;
      if (excess <= 0) break;
      const edit: PodEdit = {
        op: "replace",
        path: place.path,
        value: quantityText(resource, Math.max(0, place.amount - excess)),
      };
      edits.push(edit);
      present = edited(present, [edit]);
    }
    if ((askedBy(readPod(present)).get(resource) ?? 0) > target) return undefined;
  }
  return edits;
}

/** Where the pod asks for the resource, the largest amounts first; its own requests overrule its containers'. */
function placesOf({ spec }: PodObject, resource: string): { path: string; amount: number }[] {
  const own = spec.resources?.requests?.[resource];
  if (own !== undefined) {
    const path = pointer("spec", "resources", "requests", resource);
    return [{ path, amount: amountOf(resource, own) }];
  }
  const of = (field: string, containers: readonly ContainerObject[]): { path: string; amount: number }[] =>
    containers.flatMap(({ resources }, index) => {
      const quantity = resources?.requests?.[resource];
      if (quantity === undefined) return [];
      const path = pointer("spec", field, index, "resources", "requests", resource);
      return [{ path, amount: amountOf(resource, quantity) }];
    });
  const places = [...of("containers", spec.containers), ...of("initContainers", spec.initContainers ?? [])];
  return places.sort((a, b) => b.amount - a.amount);
}
