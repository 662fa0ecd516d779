/**
 * The rules written down once more, straight from their definitions and without any cleverness: objects and lists,
 * exact integers, everything computed afresh for every question. Tests hold the fast implementation against it;
 * nothing else uses it.
 */

import type { Node, Pod } from "./objects.ts";
import type { Rule, RuleScores, World } from "./world.ts";

export interface WeightedRule {
  readonly rule: Rule;
  readonly weight: number;
}

export interface No {
  readonly rule: string;
  readonly reasons: readonly string[];
}

export interface Answer {
  /** By node: the first rule that says no, and what it says. */
  readonly rejected: ReadonlyMap<string, No>;
  /** What holds for all nodes. */
  readonly refusal: No | undefined;
  /** By node that takes the pod: its total score. */
  readonly totals: ReadonlyMap<string, number>;
  /** By rule: the scores of the nodes that take the pod, in the order of `totals`. */
  readonly scores: ReadonlyMap<string, RuleScores>;
}

export function ask(rules: readonly WeightedRule[], pod: Pod, world: World): Answer {
  const rejected = new Map<string, No>();
  const fitting: Node[] = [];
  const refusal = refusalOf(rules, pod, world);
  for (const node of world.nodes) {
    const no = refusal ?? firstNo(rules, pod, node, world);
    if (no === undefined) fitting.push(node);
    else rejected.set(node.metadata.name ?? "", no);
  }
  const scores = new Map<string, RuleScores>();
  const sums = fitting.map(() => 0);
  for (const { rule, weight } of rules) {
    const answer = weight === 0 || fitting.length === 0 ? undefined : rule.score?.(pod, fitting, world);
    if (answer === undefined) continue;
    scores.set(rule.name, answer);
    for (const [index, score] of answer.normalized.entries())
      sums[index] = (sums[index] ?? 0) + weight * score;
  }
  const totals = new Map(fitting.map(({ metadata }, index) => [metadata.name ?? "", sums[index] ?? 0]));
  return { rejected, refusal, totals, scores };
}

export function takes(rules: readonly WeightedRule[], pod: Pod, node: Node, world: World): boolean {
  return (refusalOf(rules, pod, world) ?? firstNo(rules, pod, node, world)) === undefined;
}

/** What holds for all nodes comes before what is said of one. */
function refusalOf(rules: readonly WeightedRule[], pod: Pod, world: World): No | undefined {
  for (const { rule } of rules) {
    const reason = rule.refuses?.(pod, world);
    if (reason !== undefined) return { rule: rule.name, reasons: [reason] };
  }
  return undefined;
}

function firstNo(rules: readonly WeightedRule[], pod: Pod, node: Node, world: World): No | undefined {
  for (const { rule } of rules) {
    const reasons = rule.filter?.(pod, node, world) ?? [];
    if (reasons.length > 0) return { rule: rule.name, reasons };
  }
  return undefined;
}
