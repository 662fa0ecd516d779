/** How often each rule has said yes, no, and made a difference between nodes: a test that hits no rule proves nothing. */

import type { Answer, WeightedRule } from "../oracle/ask.ts";
import type { Pod } from "../oracle/objects.ts";
import type { Sacrifice } from "../oracle/preemption.ts";
import type { World } from "../oracle/world.ts";

interface Tally {
  /** Decisions in which it let a node pass. */
  yes: number;
  /** Decisions in which it refused a node. */
  no: number;
  /** Decisions in which its scores differed between nodes. */
  scored: number;
}

export class Coverage {
  decisions = 0;
  placed = 0;
  preemptions = 0;
  victims = 0;
  violations = 0;
  readonly rules = new Map<string, Tally>();

  count(rules: readonly WeightedRule[], pod: Pod, world: World, { totals, scores }: Answer): void {
    this.decisions++;
    if (totals.size > 0) this.placed++;
    for (const { rule } of rules) {
      let tally = this.rules.get(rule.name);
      if (tally === undefined) this.rules.set(rule.name, (tally = { yes: 0, no: 0, scored: 0 }));
      if (new Set(scores.get(rule.name)?.normalized).size > 1) tally.scored++;
      if (rule.filter === undefined) continue;
      const isRefused = rule.refuses?.(pod, world) !== undefined;
      const noes = world.nodes.filter(
        (node) => isRefused || (rule.filter?.(pod, node, world) ?? []).length > 0,
      );
      if (noes.length > 0) tally.no++;
      if (noes.length < world.nodes.length) tally.yes++;
    }
  }

  countVictims(found: readonly Sacrifice[]): void {
    this.preemptions++;
    this.victims += found.reduce((sum, { victims }) => sum + victims.length, 0);
    if (found.some(({ violations }) => violations > 0)) this.violations++;
  }

  /** Throws when one of the rules was hit in fewer decisions than that. */
  mustReach(
    leastPercent: number,
    { refusing, scoring }: { readonly refusing: readonly string[]; readonly scoring: readonly string[] },
  ): void {
    const isEnough = (count: number): boolean => 100 * count >= leastPercent * this.decisions;
    const missed = [
      ...refusing.filter((name) => !isEnough(this.rules.get(name)?.no ?? 0)).map((name) => `no of ${name}`),
      ...refusing.filter((name) => !isEnough(this.rules.get(name)?.yes ?? 0)).map((name) => `yes of ${name}`),
      ...scoring
        .filter((name) => !isEnough(this.rules.get(name)?.scored ?? 0))
        .map((name) => `score of ${name}`),
    ];
    if (missed.length > 0) throw new Error(`hardly tried: ${missed.join(", ")}\n${this.toString()}`);
  }

  toString(): string {
    const percent = (count: number): string => `${((100 * count) / this.decisions).toFixed(1)} %`;
    const lines = [...this.rules].map(
      ([name, { yes, no, scored }]) =>
        `${name}: yes ${percent(yes)}, no ${percent(no)}, scored apart ${percent(scored)}`,
    );
    return [
      `${this.decisions} decisions, ${percent(this.placed)} placed, ${this.preemptions} with victims (${this.violations} against budgets)`,
      ...lines,
    ].join("\n");
  }
}
