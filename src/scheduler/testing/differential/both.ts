/**
 * A cluster with its decider beside the lists that the oracle looks at: the same happens to both, and each decision
 * is held against the oracle's answer. The decider keeps its evaluations over the whole history, so that what is
 * brought up to date step by step is compared with what is worked out afresh.
 */

import { isDeepStrictEqual } from "node:util";
import { seededRandom } from "../../../lib/random.ts";
import { Decider, type Decision } from "../../decide.ts";
import { normalized, rawScore } from "../../evaluate/scores.ts";
import { unschedulableMessage } from "../../explain/message.ts";
import { FITS, NO_NODE, pluginOf } from "../../framework/verdict.ts";
import { PreemptionSearch } from "../../plugins/defaultpreemption/defaultpreemption.ts";
import { Cluster } from "../../snapshot/cluster.ts";
import { readPod } from "../../snapshot/pod-info.ts";
import { ask, type Answer } from "../oracle/ask.ts";
import type { Pod } from "../oracle/objects.ts";
import { cheapest, sacrifices } from "../oracle/preemption.ts";
import { nothingRelated, type Placement, type RelatedLists, type World } from "../oracle/world.ts";
import type { Step } from "../random/history.ts";
import type { RelatedChange } from "../random/random-related.ts";
import type { Coverage } from "./coverage.ts";
import type { Setup } from "./setups.ts";

export interface BothOptions {
  readonly setup: Setup;
  readonly coverage: Coverage;
  /** Whether to look for victims when no node takes a pod. */
  readonly preempts: boolean;
}

export class Both {
  readonly cluster = new Cluster();
  readonly decider: Decider;
  readonly #options: BothOptions;
  readonly #search = new PreemptionSearch();
  #nodes: World["nodes"] = [];
  #placements: readonly Placement[] = [];
  #related: RelatedLists = nothingRelated;

  constructor(options: BothOptions) {
    this.#options = options;
    const { profile } = options.setup;
    this.decider = new Decider({ profile, cluster: this.cluster, random: seededRandom(1) });
  }

  get world(): World {
    return { nodes: this.#nodes, placements: this.#placements, related: this.#related };
  }

  /** Throws when both do not agree. */
  apply(step: Step): void {
    switch (step.type) {
      case "node":
        this.cluster.setNode(step.node);
        this.#nodes = [
          ...this.#nodes.filter(({ metadata }) => metadata.name !== step.node.metadata.name),
          step.node,
        ];
        return;
      case "no node":
        this.cluster.removeNode(step.name);
        this.#nodes = this.#nodes.filter(({ metadata }) => metadata.name !== step.name);
        return;
      case "bound":
        this.#put(step.pod, step.nodeName);
        return;
      case "pod":
        this.#place(step.pod);
        return;
      case "no pod":
        this.#removePod(step.index);
        return;
      case "pod goes":
        this.#letGo(step.index);
        return;
      case "related":
      case "not related":
        this.#relate(step.change, step.type === "related");
    }
  }

  #put(pod: Pod, nodeName: string): void {
    const object: Pod = { ...pod, spec: { ...pod.spec, nodeName } };
    this.cluster.addPod(readPod(object), nodeName);
    this.#placements = [...this.#placements, { pod: object, nodeName }];
  }

  #removePod(index: number): void {
    const gone = this.#placements[index % Math.max(1, this.#placements.length)];
    if (gone === undefined) return;
    this.cluster.removePod(gone.pod.metadata.uid ?? "");
    this.#placements = this.#placements.filter((placement) => placement !== gone);
  }

  #letGo(index: number): void {
    const going = this.#placements[index % Math.max(1, this.#placements.length)];
    if (going === undefined) return;
    const metadata = { ...going.pod.metadata, deletionTimestamp: "2026-01-01T01:00:00Z" };
    const pod = { ...going.pod, metadata };
    this.cluster.addPod(readPod(pod), going.nodeName);
    this.#placements = this.#placements.map((each) => (each === going ? { ...going, pod } : each));
  }

  #relate({ kind, object }: RelatedChange, isThere: boolean): void {
    const { namespace = "", name = "" } = object.metadata;
    const others = (this.#related[kind] as readonly RelatedChange["object"][]).filter(
      ({ metadata }) => metadata.name !== name || (metadata.namespace ?? "") !== namespace,
    );
    if (isThere) this.cluster.related.set(kind, object);
    else this.cluster.related.remove(kind, namespace, name);
    this.#related = { ...this.#related, [kind]: isThere ? [...others, object] : others };
  }

  #place(pod: Pod): void {
    const { setup, coverage, preempts } = this.#options;
    const decision = this.decider.decide(readPod(pod));
    const answer = ask(setup.rules, pod, this.world);
    coverage.count(setup.rules, pod, this.world, answer);
    this.#compareVerdicts(decision, answer);
    this.#compareScores(decision, answer);
    compareChoice(decision, answer);
    if (decision.chosen !== undefined) this.#put(pod, decision.chosen.nodeName);
    else
      mustEqual(
        "message",
        unschedulableMessage(this.cluster.nodeCount, decision.evaluation),
        messageOf(answer),
      );
    if (decision.chosen === undefined && preempts) this.#compareVictims(decision, pod);
  }

  #compareVerdicts({ evaluation }: Decision, { rejected }: Answer): void {
    const said: Record<string, unknown> = {};
    const { profile } = this.#options.setup;
    for (let row = 0; row < this.cluster.rows; row++) {
      const verdict = evaluation.verdictOf(row);
      if (verdict === NO_NODE || verdict === FITS) continue;
      const rule = profile.plugins[pluginOf(verdict)]?.plugin.name;
      said[this.cluster.nodeName(row)] = { rule, reasons: evaluation.cycle.reasonsOf(verdict).toSorted() };
    }
    const expected = Object.fromEntries(
      [...rejected].map(([node, { rule, reasons }]) => [node, { rule, reasons: reasons.toSorted() }]),
    );
    mustEqual("refusals", said, expected);
  }

  #compareScores({ evaluation }: Decision, { scores, totals }: Answer): void {
    const names = [...totals.keys()];
    const rows = names.map((name) => this.cluster.rowOf(name) ?? -1);
    for (const { rule, weight } of this.#options.setup.rules) {
      if (weight === 0) continue;
      const active = evaluation.scores.active.find(({ plugin }) => plugin.name === rule.name);
      const said = rows.map((row) =>
        active === undefined ? 0 : normalized(active, rawScore(active, row, this.cluster)),
      );
      const expected = scores.get(rule.name)?.normalized ?? names.map(() => 0);
      mustEqual(`scores of ${rule.name} on ${names.join()}`, said, [...expected]);
    }
    mustEqual(
      `totals on ${names.join()}`,
      rows.map((row) => evaluation.ranking.totalOf(row)),
      [...totals.values()],
    );
  }

  #compareVictims(decision: Decision, pod: Pod): void {
    const expected = sacrifices(this.#options.setup.rules, pod, this.world);
    const attempt = this.decider.attempt(decision, () => false);
    const found = this.#search.find(attempt);
    if (expected.length === 0) {
      mustEqual("nomination", found.nomination?.nodeName, undefined);
      return;
    }
    this.#options.coverage.countVictims(expected);
    const said = this.#search
      .candidates(attempt)
      .map(({ nodeName, victims, violations }) => [
        nodeName,
        namesOf(victims.map(({ uid }) => uid)),
        violations,
      ]);
    const wanted = expected.map(({ nodeName, victims, violations }) => [
      nodeName,
      namesOf(victims.map(({ metadata }) => metadata.uid ?? "")),
      violations,
    ]);
    mustEqual("victims", said.toSorted(byFirst), wanted.toSorted(byFirst));
    const best = cheapest(expected).map(({ nodeName }) => nodeName);
    const chosen = found.nomination?.nodeName ?? "";
    if (!best.includes(chosen)) throw new Error(`room on ${chosen}, expected on ${best.join(" or ")}`);
  }
}

function compareChoice({ chosen, ties }: Decision, { totals }: Answer): void {
  const best = Math.max(...totals.values());
  const tied = [...totals].filter(([, total]) => total === best).map(([name]) => name);
  mustEqual("ties", chosen === undefined ? 0 : ties, tied.length);
  if (chosen !== undefined && !tied.includes(chosen.nodeName)) {
    throw new Error(`chose ${chosen.nodeName}, expected ${tied.join(" or ")}`);
  }
}

/** What the user is told: every reason with the number of nodes that have it. */
function messageOf({ rejected, refusal }: Answer): string {
  if (rejected.size === 0) return "no nodes available to schedule pods";
  if (refusal !== undefined) return `0/${rejected.size} nodes are available: ${refusal.reasons.join(", ")}.`;
  const counts = new Map<string, number>();
  for (const { reasons } of rejected.values()) {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${rejected.size} nodes are available: ${texts.join(", ")}.`;
}

function mustEqual(what: string, said: unknown, expected: unknown): void {
  if (isDeepStrictEqual(said, expected)) return;
  throw new Error(`${what}: got ${JSON.stringify(said)}, expected ${JSON.stringify(expected)}`);
}

function namesOf(uids: readonly string[]): string {
  return uids.toSorted().join();
}

function byFirst([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}
