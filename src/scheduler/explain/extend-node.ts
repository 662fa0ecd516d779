/** What extenders said of one node, beside what the plugins said. */

import type {
  NodeDecision,
  NodeScore,
  PredicateVerdict,
} from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { weightedPoints, type Extended, type Opinion } from "../framework/opinion.ts";

/** `node` is one that the plugins let the pod have. */
export function extendNode(node: NodeDecision, row: number, extended: Extended): NodeDecision {
  const { opinions, factor, totals, refused } = extended;
  const { name, scores = [], predicates = [] } = node;
  const verdicts = opinions.flatMap((opinion) => verdictOf(opinion, name));
  const reason = refused.get(row);
  if (reason !== undefined && verdicts.every(({ verdict }) => verdict !== "fail")) {
    verdicts.push({ plugin: "Extenders", verdict: "fail", reason });
  }
  const all = [...predicates, ...verdicts];
  if (reason !== undefined) return { name, feasible: false, predicates: all };
  const points = opinions.flatMap((opinion) => scoreOf(opinion, name, factor));
  return { ...node, predicates: all, scores: [...scores, ...points], total: totals.get(row) };
}

function verdictOf({ extender, filters, refused, error }: Opinion, nodeName: string): PredicateVerdict[] {
  const plugin = `Extender ${extender}`;
  if (error !== undefined)
    return [{ plugin, verdict: "error", reason: "failed and was ignored", detail: error }];
  if (!filters) return [];
  const reason = refused.get(nodeName);
  return reason === undefined ? [{ plugin, verdict: "pass" }] : [{ plugin, verdict: "fail", reason }];
}

function scoreOf(opinion: Opinion, nodeName: string, factor: number): NodeScore[] {
  const { extender, points, weight } = opinion;
  if (points === undefined) return [];
  const raw = points.get(nodeName) ?? 0;
  const weighted = weightedPoints(opinion, nodeName, factor);
  return [{ plugin: `Extender ${extender}`, raw, normalized: raw * factor, weight, weighted }];
}
