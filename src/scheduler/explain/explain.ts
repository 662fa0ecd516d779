/**
 * The whole explanation of a decision, as the API object carries it: per node what every filter and every score
 * said. To be called before the cluster changes; the number of nodes is bounded, the counts cover all of them.
 */

import type {
  NodeDecision,
  NodeScore,
  PredicateVerdict,
  SchedulingDecisionSpec,
} from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import type { Decision } from "../decide.ts";
import { normalized, rawScore } from "../evaluate/scores.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { Plugin, Reason } from "../framework/plugin.ts";
import { FITS, NO_NODE, type Verdict } from "../framework/verdict.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import { extendNode } from "./extend-node.ts";
import { countReasons, unschedulableMessage } from "./message.ts";

/** How many pods in the way one verdict names. */
const MAX_HOLDERS = 5;

export interface ExplainOptions {
  readonly cluster: Cluster;
  readonly schedulerName: string;
  readonly seed?: number | undefined;
  readonly decidedAt: string;
  /** How many nodes are told of. */
  readonly nodeLimit: number;
}

export function explain(decision: Decision, options: ExplainOptions): SchedulingDecisionSpec {
  const { pod, chosen, evaluation, extended } = decision;
  const refused = [...(extended?.refused.values() ?? [])];
  const { cluster, schedulerName, decidedAt, nodeLimit } = options;
  const rows =
    chosen === undefined ? variedRows(decision, options) : placedRows(decision, chosen.row, options);
  const feasible = extended?.totals.size ?? evaluation.ranking.size;
  return {
    pod: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
    node: chosen?.nodeName,
    outcome: chosen === undefined ? "Unschedulable" : "Scheduled",
    message:
      chosen === undefined
        ? unschedulableMessage(cluster.nodeCount, evaluation, refused)
        : `Successfully assigned ${pod.key} to ${chosen.nodeName}`,
    decidedAt,
    scheduler: schedulerName,
    evaluatedNodes: cluster.nodeCount,
    feasibleNodes: feasible,
    reasons: [...countReasons(evaluation, refused)],
    nodes: rows.map((row) => explainNode(decision, row, cluster)),
    omittedNodes: cluster.nodeCount - rows.length,
    ...(chosen === undefined || decision.ties < 2
      ? {}
      : { tie: explainTie(decision, chosen.nodeName, { cluster, seed: options.seed, limit: nodeLimit }) }),
  };
}

function explainTie(
  { evaluation, extended, ties }: Decision,
  chosen: string,
  { cluster, seed, limit }: { cluster: Cluster; seed: number | undefined; limit: number },
): SchedulingDecisionSpec["tie"] {
  const candidates = bestRows({ evaluation, extended }, Math.min(limit, ties)).map((row) =>
    cluster.nodeName(row),
  );
  return { candidates, count: ties, chosen, seed };
}

function bestRows({ evaluation, extended }: Pick<Decision, "evaluation" | "extended">, limit: number) {
  return extended === undefined ? evaluation.ranking.top(limit) : [...extended.totals.keys()].slice(0, limit);
}

/** The chosen node, the next best, then some that do not fit. */
function placedRows(decision: Decision, chosen: number, options: ExplainOptions): number[] {
  const rows = new Set([chosen, ...bestRows(decision, options.nodeLimit)]);
  if (rows.size >= options.nodeLimit) return [...rows].slice(0, options.nodeLimit);
  for (const row of variedRows(decision, options)) rows.add(row);
  return [...rows].slice(0, options.nodeLimit);
}

/**
 * Nodes that do not fit: those that only extenders refuse, then of each different verdict as many as of the others,
 * as far as there are that many.
 */
function variedRows({ evaluation, extended }: Decision, { cluster, nodeLimit }: ExplainOptions): number[] {
  const rows = [...(extended?.refused.keys() ?? [])].slice(0, nodeLimit);
  if (evaluation.rejections.size === 0) return rows;
  const all = cluster.nodeCount <= nodeLimit;
  const share = all ? nodeLimit : Math.ceil(nodeLimit / Math.max(1, evaluation.rejections.size));
  const taken = new Map<Verdict, number>();
  for (let row = 0; row < cluster.rows && rows.length < nodeLimit; row++) {
    const verdict = evaluation.verdictOf(row);
    if (verdict === NO_NODE || verdict === FITS) continue;
    const count = taken.get(verdict) ?? 0;
    if (count >= share) continue;
    taken.set(verdict, count + 1);
    rows.push(row);
  }
  return rows;
}

function explainNode({ evaluation, extended }: Decision, row: number, cluster: Cluster): NodeDecision {
  const name = cluster.nodeName(row);
  if (evaluation.verdictOf(row) !== FITS) {
    return { name, feasible: false, predicates: explainFilters(evaluation.cycle, row, cluster) };
  }
  const scores = evaluation.scores.active.map((score): NodeScore => {
    const raw = rawScore(score, row, cluster);
    const inRange = normalized(score, raw);
    const { plugin, weight } = score;
    const told = Number.isNaN(raw) ? 0 : raw;
    return { plugin: plugin.name, raw: told, normalized: inRange, weight, weighted: inRange * weight };
  });
  const predicates = allPass(evaluation.cycle);
  const total = evaluation.ranking.totalOf(row);
  const node: NodeDecision = { name, feasible: true, predicates, scores, total };
  return extended === undefined ? node : extendNode(node, row, extended);
}

const passes = new WeakMap<CycleState, PredicateVerdict[]>();

/** What the filters say of a node that fits, shared by all such nodes of all pods that are alike. */
function allPass(cycle: CycleState): PredicateVerdict[] {
  let verdicts = passes.get(cycle);
  if (verdicts === undefined) {
    verdicts = cycle.filters.map(({ plugin }) => ({ ...namesOf(plugin), verdict: "pass" }));
    passes.set(cycle, verdicts);
  }
  return verdicts;
}

/** All of them, also those after the first that said no. */
function explainFilters(
  { rejected, filters }: CycleState,
  row: number,
  cluster: Cluster,
): PredicateVerdict[] {
  if (rejected !== undefined) {
    const { plugin, reason } = rejected;
    return [failed(plugin, reason)];
  }
  return filters.flatMap(({ plugin, state }): PredicateVerdict[] => {
    const detail = plugin.filter?.(state, row, cluster) ?? 0;
    if (detail === 0) return [{ ...namesOf(plugin), verdict: "pass" }];
    const reasons = plugin.reasons?.(state, detail, { row, cluster }) ?? [];
    return reasons.map((reason) => failed(plugin, reason));
  });
}

function failed(plugin: Plugin, { text, detail, shortage, holders }: Reason): PredicateVerdict {
  return {
    ...namesOf(plugin),
    verdict: "fail",
    reason: text,
    detail,
    ...(shortage === undefined ? {} : { shortage }),
    ...(holders === undefined ? {} : { holders: holders.slice(0, MAX_HOLDERS) }),
  };
}

function namesOf({ name, policyName }: Plugin): { plugin: string; policyName?: string | undefined } {
  return { plugin: name, policyName };
}
