/** PodFitsResources of OpenShift v3: what the pods of a node ask for never adds up to more than it offers. */

import type { Plugin, Reason } from "../../framework/plugin.ts";
import { proceed, reject } from "../../framework/plugin.ts";
import { nodeAspect, type Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { requestOf } from "../../snapshot/requests.ts";
import type { ResourceColumn } from "../../snapshot/resources.ts";
import { amountText, quantityText } from "./amount-text.ts";
import { cpuAndMemory, scoredResources, type ScoredResource } from "./scored-resources.ts";
import { resourceScorer, type ScoringStrategy } from "./strategies.ts";

export const reasonTooManyPods = "Too many pods";

export function reasonInsufficient(resource: string): string {
  return `Insufficient ${resource}`;
}

interface Want {
  readonly name: string;
  readonly amount: number;
  /** Absent when no node offers the resource. */
  readonly column: ResourceColumn | undefined;
}

interface FitState {
  readonly pods: ResourceColumn;
  readonly wants: readonly Want[];
}

/** Bit 0 of the detail says "too many pods", bit n + 1 that the wanted resource n is short. */
const POD_COUNT_BIT = 1;
const MAX_WANTS = 22;
/** How many holders of a short resource are named. */
const MAX_HOLDERS = 3;

export interface FitArgs {
  /** Extended resources that are not looked at. */
  readonly ignoredResources: readonly string[];
  /** The same for all whose name begins with one of these and a slash. */
  readonly ignoredResourceGroups: readonly string[];
  readonly scoringStrategy: ScoringStrategy;
}

export const defaultFitArgs: FitArgs = {
  ignoredResources: [],
  ignoredResourceGroups: [],
  scoringStrategy: { type: "LeastAllocated", resources: cpuAndMemory },
};

export function nodeResourcesFit(
  args: FitArgs = defaultFitArgs,
): Plugin<FitState, readonly ScoredResource[]> {
  const isIgnored = ignorer(args);
  const { resources: weights } = args.scoringStrategy;
  const scorer = resourceScorer(args.scoringStrategy);
  return {
    name: "NodeResourcesFit",
    policyName: "PodFitsResources",
    nodeLocal: true,
    shareKey: (pod) => {
      const { milliCpu, memoryBytes, ephemeralBytes, others, ...scored } = pod.requests;
      const rest = others.length === 0 ? "" : JSON.stringify(others);
      const assumed = `${scored.scoredMilliCpu},${scored.scoredMemoryBytes}`;
      return `${milliCpu},${memoryBytes},${ephemeralBytes},${assumed}${rest}${pod.fault ?? ""}`;
    },

    preFilter: (pod, cluster) => {
      if (pod.fault !== undefined) return reject({ text: `the pod ${pod.fault}`, resolvable: false });
      const wants = wantsOf(pod, cluster).filter(({ name }) => !isIgnored(name));
      if (wants.length <= MAX_WANTS) return proceed({ pods: cluster.resources.pods, wants });
      const text = `the pod asks for ${wants.length} kinds of resources, allowed ${MAX_WANTS}`;
      return reject({ text, resolvable: false });
    },
    filter: ({ pods, wants }, row) => {
      let detail = (pods.requested[row] ?? 0) + 1 > (pods.allocatable[row] ?? 0) ? POD_COUNT_BIT : 0;
      for (let index = 0; index < wants.length; index++) {
        const { amount, column } = wants[index] as Want;
        if (amount > freeOf(column, row)) detail |= 2 << index;
      }
      return detail;
    },
    reasons: fitReasons,
    resolvable: ({ wants }, detail, { row }) => {
      for (let index = 0; index < wants.length; index++) {
        const { amount, column } = wants[index] as Want;
        if ((detail & (2 << index)) !== 0 && amount > (column?.allocatable[row] ?? 0)) return false;
      }
      return true;
    },

    preScore: (pod, cluster) => proceed(scoredResources(weights, pod, cluster, true)),
    score: (scored, row, { resources }) => scorer(scored, row, resources),

    hint: (event) =>
      event.type === "PodRemoved" ||
      (event.type === "NodeChanged" && (event.aspects & nodeAspect.allocatable) !== 0),
  };
}

function fitReasons(
  { pods, wants }: FitState,
  detail: number,
  at?: { row: number; cluster: Cluster },
): readonly Reason[] {
  const reasons: Reason[] = [];
  if ((detail & POD_COUNT_BIT) !== 0) {
    const numbers = at && `${pods.requested[at.row]} pods of ${pods.allocatable[at.row]}`;
    reasons.push({ text: reasonTooManyPods, detail: numbers, resolvable: true });
  }
  for (const [index, want] of wants.entries()) {
    if ((detail & (2 << index)) === 0) continue;
    const resolvable = at === undefined || want.amount <= (want.column?.allocatable[at.row] ?? 0);
    const numbers = at && shortageOf(want, at.row, at.cluster);
    reasons.push({ text: reasonInsufficient(want.name), resolvable, ...numbers });
  }
  return reasons;
}

/** Only resources that Kubernetes knows nothing of can be ignored. */
function ignorer({ ignoredResources, ignoredResourceGroups }: FitArgs): (resource: string) => boolean {
  const names = new Set(ignoredResources);
  const groups = new Set(ignoredResourceGroups);
  return (resource) =>
    isExtendedResource(resource) &&
    (names.has(resource) || groups.has(resource.slice(0, resource.indexOf("/"))));
}

function isExtendedResource(resource: string): boolean {
  return resource.includes("/") && !resource.includes("kubernetes.io/") && !resource.startsWith("requests.");
}

function wantsOf({ requests }: PodInfo, { resources }: Cluster): Want[] {
  const wants: Want[] = [];
  const want = (amount: number, column: ResourceColumn): void => {
    if (amount > 0) wants.push({ name: column.name, amount, column });
  };
  want(requests.milliCpu, resources.cpu);
  want(requests.memoryBytes, resources.memory);
  want(requests.ephemeralBytes, resources.ephemeral);
  for (const { name, amount } of requests.others)
    wants.push({ name, amount, column: resources.column(name) });
  return wants;
}

function freeOf(column: ResourceColumn | undefined, row: number): number {
  return column === undefined ? 0 : (column.allocatable[row] ?? 0) - (column.requested[row] ?? 0);
}

function shortageOf(
  { name, amount, column }: Want,
  row: number,
  cluster: Cluster,
): Pick<Reason, "detail" | "shortage" | "holders"> {
  const free = Math.max(0, freeOf(column, row));
  const offered = column?.allocatable[row] ?? 0;
  const largest = largestHolders(name, row, cluster);
  const are = largest.length === 1 ? "holder is" : "holders are";
  const named = largest.map(({ key, amount: held }) => `${key} (${amountText(name, held)})`).join(", ");
  const numbers = `needs ${amountText(name, amount)} ${name}, ${amountText(name, free)} free of ${amountText(name, offered)}`;
  return {
    detail: largest.length === 0 ? numbers : `${numbers}; the largest ${are} ${named}`,
    shortage: {
      resource: name,
      needed: quantityText(name, amount),
      free: quantityText(name, free),
      offered: quantityText(name, offered),
    },
    holders: largest.map(({ key, amount: held }) => ({ pod: key, amount: quantityText(name, held) })),
  };
}

function largestHolders(resource: string, row: number, cluster: Cluster): { key: string; amount: number }[] {
  return [...cluster.podsOn(row)]
    .map(({ info }) => ({ key: info.key, amount: requestOf(info.requests, resource) }))
    .filter(({ amount }) => amount > 0)
    .sort((a, b) => b.amount - a.amount || (a.key < b.key ? -1 : 1))
    .slice(0, MAX_HOLDERS);
}
