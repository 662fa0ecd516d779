/** Why no node takes a pod, in one sentence, in the words and the order in which kube-scheduler says it. */

import { pluginOf, detailOf } from "../framework/verdict.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";

export const noNodes = "no nodes available to schedule pods";

export interface ReasonCount {
  readonly reason: string;
  readonly count: number;
}

/** How many nodes gave which reason, in the order of the message; `refused`: what extenders said, node by node. */
export function countReasons(evaluation: Evaluation, refused: Iterable<string> = []): readonly ReasonCount[] {
  const counts = new Map<string, number>();
  for (const reason of refused) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  for (const [verdict, nodes] of evaluation.rejections) {
    const filter = evaluation.cycle.filterAt(pluginOf(verdict));
    for (const { text } of filter?.plugin.reasons?.(filter.state, detailOf(verdict)) ?? []) {
      counts.set(text, (counts.get(text) ?? 0) + nodes);
    }
  }
  return [...counts]
    .map(([reason, count]) => ({ reason, count, text: `${count} ${reason}` }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ reason, count }) => ({ reason, count }));
}

export function unschedulableMessage(
  nodeCount: number,
  evaluation: Evaluation,
  refused: Iterable<string> = [],
): string {
  if (nodeCount === 0) return noNodes;
  const { rejected } = evaluation.cycle;
  const reasons =
    rejected === undefined
      ? countReasons(evaluation, refused).map(({ reason, count }) => `${count} ${reason}`)
      : [rejected.reason.text];
  return `0/${nodeCount} nodes are available: ${reasons.join(", ")}.`;
}
