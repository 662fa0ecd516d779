/** Constraints that are wishes, as a score: the fewer pods the node's domains have, the better. */

import { MAX_NODE_SCORE, type Fitting, type Mark, type ScoreBounds } from "../../framework/plugin.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { DomainCounts } from "../../snapshot/topology/domain-counts.ts";
import type { NodeCounts } from "../../snapshot/topology/population.ts";
import type { TopologyKey } from "../../snapshot/topology/topology-key.ts";
import { hostnameKey, type SpreadRules } from "./constraints.ts";
import { countedNodes, countedPods } from "./counted.ts";

interface Wish {
  readonly key: TopologyKey;
  readonly maxSkew: number;
  /** By row, for hosts, of which each node is one whatever its label says. */
  readonly perNode: NodeCounts | undefined;
  readonly domains: DomainCounts | undefined;
  /** How much one pod counts: more where there are more domains. */
  weight: number;
}

export interface SpreadWishes {
  readonly wishes: readonly Wish[];
  readonly needsAllKeys: boolean;
}

export function wishesOf(
  { wishes, needsAllKeys }: SpreadRules,
  pod: PodInfo,
  cluster: Cluster,
): SpreadWishes {
  const keys = needsAllKeys ? wishes.map(({ topologyKey }) => topologyKey) : [];
  return {
    needsAllKeys,
    wishes: wishes.map((constraint): Wish => {
      const { topologyKey, maxSkew, selector } = constraint;
      const pods = countedPods(selector, pod.namespace, cluster);
      const key = cluster.topology.key(topologyKey);
      const isHost = topologyKey === hostnameKey;
      return {
        key,
        maxSkew,
        perNode: isHost ? pods.perNode() : undefined,
        domains: isHost ? undefined : pods.domains(key, countedNodes(constraint, keys, pod, cluster)),
        weight: 0,
      };
    }),
  };
}

export function spreadMarks({ wishes }: SpreadWishes): readonly Mark[] {
  return wishes.map((wish): Mark => {
    const { key } = wish;
    if (wish.perNode === undefined && !key.isFine) return (row) => key.idOf(row);
    return (row) => (key.idOf(row) === 0 ? -1 : countOn(wish, row));
  });
}

function countOn({ perNode, domains }: Wish, row: number): number {
  return perNode === undefined ? (domains?.ofRow(row) ?? 0) : perNode.of(row);
}

export function surveySpread(state: SpreadWishes, fitting: Fitting): void {
  const classes = fitting.classes.filter(({ row }) => !isLeftOut(state, row));
  for (const wish of state.wishes) {
    wish.weight = Math.log(domainsAmong(wish, classes, { state, fitting }) + 2);
  }
}

/** How many domains of the wish there are among the nodes that fit; to lack the label is one of them. */
function domainsAmong(
  { key, perNode }: Wish,
  classes: Fitting["classes"],
  { state, fitting }: { readonly state: SpreadWishes; readonly fitting: Fitting },
): number {
  if (perNode !== undefined) return classes.reduce((sum, { size }) => sum + size, 0);
  const ids = new Set<number>();
  if (!key.isFine) for (const { row } of classes) ids.add(key.idOf(row));
  else {
    fitting.eachRow((row) => {
      if (!isLeftOut(state, row)) ids.add(key.idOf(row));
    });
  }
  return ids.size;
}

function isLeftOut({ wishes, needsAllKeys }: SpreadWishes, row: number): boolean {
  return needsAllKeys && wishes.some(({ key }) => key.idOf(row) === 0);
}

export function scoreSpread(state: SpreadWishes, row: number): number {
  const { wishes, needsAllKeys } = state;
  let sum = 0;
  for (let index = 0; index < wishes.length; index++) {
    const wish = wishes[index] as Wish;
    if (wish.key.idOf(row) !== 0) sum += countOn(wish, row) * wish.weight + (wish.maxSkew - 1);
    else if (needsAllKeys) return Number.NaN;
  }
  return Math.round(sum);
}

export function normalizeSpread(raw: number, { min, max }: ScoreBounds): number {
  if (Number.isNaN(raw)) return 0;
  return max === 0 ? MAX_NODE_SCORE : Math.trunc((MAX_NODE_SCORE * (max + min - raw)) / max);
}
