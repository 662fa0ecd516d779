/**
 * Looks at what a node really uses, where the other rules count requests only: load by processes that Nagi did not
 * start, space and work of its disks, network traffic, and pods that use more than they asked for. It needs
 * measurements (NodeMetrics); of a node without them it has no opinion.
 */

import type { Plugin, Reason } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed } from "../../framework/plugin.ts";
import { nodeAspect, type Cluster } from "../../snapshot/cluster.ts";
import { amountText } from "../noderesourcesfit/amount-text.ts";
import { besidesOthers, loadNames, loadPercent, loadText, usedByOthers, type LoadName } from "./loads-of.ts";

export interface RealLoadArgs {
  /** In percent; a node that is beyond one of them takes no pod. What is absent has no limit. */
  readonly thresholds: { readonly [Name in LoadName]?: number | undefined };
  /** Whether what other processes use is taken off what the node offers. */
  readonly countOthers: boolean;
  /** What the score looks at. */
  readonly resources: readonly { readonly name: LoadName; readonly weight: number }[];
}

export const defaultRealLoadArgs: RealLoadArgs = {
  thresholds: { memory: 95, disk: 95 },
  countOthers: true,
  resources: [
    { name: "cpu", weight: 1 },
    { name: "memory", weight: 1 },
  ],
};

/** Of a node that nobody measures: neither good nor bad. */
const UNKNOWN_SCORE = MAX_NODE_SCORE / 2;
const CPU_BIT = 1;
const MEMORY_BIT = 2;
/** The bits of the thresholds follow, in their order. */
const FIRST_THRESHOLD_BIT = 4;

interface PodDemand {
  readonly milliCpu: number;
  readonly memoryBytes: number;
}

interface Limit {
  readonly name: LoadName;
  readonly percent: number;
}

function limitsOf({ thresholds }: RealLoadArgs): readonly Limit[] {
  return loadNames.flatMap((name) => {
    const percent = thresholds[name];
    return percent === undefined ? [] : [{ name, percent }];
  });
}

export function reasonOthers(resource: "cpu" | "memory"): string {
  return `Insufficient ${resource} besides other processes`;
}

export function reasonLoad(name: LoadName): string {
  return `node(s) had too much real load: ${name}`;
}

export function nodeRealLoad(args: RealLoadArgs = defaultRealLoadArgs): Plugin<PodDemand, PodDemand> {
  const limits = limitsOf(args);
  const { countOthers, resources: scored } = args;
  const demandOf = (requests: PodDemand): PodDemand => ({
    milliCpu: requests.milliCpu,
    memoryBytes: requests.memoryBytes,
  });
  return {
    name: "NodeRealLoad",
    nodeLocal: true,
    related: ["NodeMetrics"],
    shareKey: ({ requests: { milliCpu, memoryBytes } }) => `${milliCpu},${memoryBytes}`,

    preFilter: ({ requests }) => proceed(demandOf(requests)),
    filter: ({ milliCpu, memoryBytes }, row, cluster) => {
      if (cluster.loads.measured[row] !== 1) return 0;
      let detail = 0;
      if (countOthers) {
        if (milliCpu > 0 && besidesOthers("cpu", row, cluster) < milliCpu) detail |= CPU_BIT;
        if (memoryBytes > 0 && besidesOthers("memory", row, cluster) < memoryBytes) detail |= MEMORY_BIT;
      }
      for (let index = 0; index < limits.length; index++) {
        const { name, percent } = limits[index] as Limit;
        const added = name === "cpu" ? milliCpu : name === "memory" ? memoryBytes : 0;
        if (loadPercent(name, row, cluster, added) > percent) detail |= FIRST_THRESHOLD_BIT << index;
      }
      return detail;
    },
    reasons: (demand, detail, at) => [
      ...otherReasons(demand, detail, at),
      ...limits.flatMap(({ name, percent }, index): Reason[] => {
        if ((detail & (FIRST_THRESHOLD_BIT << index)) === 0) return [];
        const numbers = at && `${loadText(name, at.row, at.cluster)}, allowed ${percent}%`;
        return [{ text: reasonLoad(name), detail: numbers, resolvable: false }];
      }),
    ],

    preScore: ({ requests }) => proceed(demandOf(requests)),
    score: ({ milliCpu, memoryBytes }, row, cluster) => {
      let sum = 0;
      let weights = 0;
      for (let index = 0; index < scored.length; index++) {
        const { name, weight } = scored[index] as { name: LoadName; weight: number };
        const added = name === "cpu" ? milliCpu : name === "memory" ? memoryBytes : 0;
        const percent = loadPercent(name, row, cluster, added);
        if (percent < 0) continue;
        // Of overuse 100 % is as it should be, and twice that is the worst.
        const worse = name === "overuse" ? Math.max(0, percent - 100) : percent;
        sum += Math.max(0, MAX_NODE_SCORE - worse) * weight;
        weights += weight;
      }
      return weights === 0 ? UNKNOWN_SCORE : Math.trunc(sum / weights);
    },

    hint: (event) =>
      event.type === "PodRemoved" ||
      (event.type === "NodeChanged" && (event.aspects & (nodeAspect.load | nodeAspect.allocatable)) !== 0),
  };
}

function otherReasons(
  demand: PodDemand,
  detail: number,
  at: { row: number; cluster: Cluster } | undefined,
): Reason[] {
  return (["cpu", "memory"] as const).flatMap((resource): Reason[] => {
    if ((detail & (resource === "cpu" ? CPU_BIT : MEMORY_BIT)) === 0) return [];
    const wanted = resource === "cpu" ? demand.milliCpu : demand.memoryBytes;
    const numbers = at && othersText(resource, wanted, at);
    return [{ text: reasonOthers(resource), detail: numbers, resolvable: true }];
  });
}

function othersText(
  resource: "cpu" | "memory",
  wanted: number,
  { row, cluster }: { row: number; cluster: Cluster },
): string {
  const free = amountText(resource, Math.max(0, Math.trunc(besidesOthers(resource, row, cluster))));
  const others = amountText(resource, Math.trunc(usedByOthers(resource, row, cluster)));
  return `needs ${amountText(resource, wanted)} ${resource}, ${free} is left besides requests and the ${others} that processes outside of pods use`;
}
