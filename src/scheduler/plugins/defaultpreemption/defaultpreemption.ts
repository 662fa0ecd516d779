/**
 * DefaultPreemption: for a pod that no node takes, the node where making room for it costs least, and the pods of
 * lower priority that would have to go there. Every node is looked at. Nothing is changed: whoever asks evicts the
 * victims and keeps the room until they are gone.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */

import type { Attempt, Candidate, Plugin, PostFilterResult } from "../../framework/plugin.ts";
import { Budgets, type BudgetObject } from "./budgets.ts";
import { CandidateTable } from "./candidates.ts";
import { isTerminatingForPreemption } from "./victims.ts";

const MAX_TABLES = 32;
/** Nodes times tables: about 50 bytes each. */
const MAX_CELLS = 2_000_000;

/** Makes the plugin for one scheduler: it keeps what it found out between two searches. */
export function defaultPreemption(): Plugin {
  const search = new PreemptionSearch();
  return {
    name: "DefaultPreemption",
    related: ["PodDisruptionBudget"],
    shareKey: ({ object }) => (object.spec.preemptionPolicy === "Never" ? "Never" : ""),
    postFilter: (attempt) => search.find(attempt),
    candidates: (attempt, limit) => search.candidates(attempt, limit),
  };
}

export class PreemptionSearch {
  readonly #tables = new Map<string, CandidateTable>();
  #budgets = new Budgets();
  #budgetVersion = -1;

  find(attempt: Attempt): PostFilterResult {
    const refusal = ineligible(attempt);
    if (refusal !== undefined) return { message: `preemption: ${refusal}` };
    // What was to be its room before is no longer.
    attempt.cluster.unnominate(attempt.pod.uid);
    // Where no pod has a lower priority, there is nothing to be said of preemption.
    if (attempt.cluster.lowestPriority >= attempt.pod.priority) return { message: "" };
    const table = this.#tableOf(attempt);
    if (table.best < 0) return { message: `preemption: ${nobody(attempt, table)}` };
    const { nodeName, victims } = candidateOf(attempt, table, table.best);
    return { message: "", nomination: { nodeName, victims } };
  }

  /** The nodes where room could be made, the best first. */
  candidates(attempt: Attempt, limit = Number.POSITIVE_INFINITY): readonly Candidate[] {
    const table = this.#tableOf(attempt);
    return table.candidates(limit).map((row) => candidateOf(attempt, table, row));
  }

  #tableOf(attempt: Attempt): CandidateTable {
    const { key, cluster } = attempt;
    let table = this.#tables.get(key);
    this.#tables.delete(key);
    table ??= new CandidateTable(attempt);
    const limit = Math.max(1, Math.min(MAX_TABLES, Math.floor(MAX_CELLS / (cluster.rows + 1))));
    for (const oldest of this.#tables.keys()) {
      if (this.#tables.size < limit) break;
      this.#tables.delete(oldest);
    }
    try {
      table.refresh(attempt, this.#currentBudgets(attempt));
    } catch (error) {
      // A plugin threw half-way: what the table says so far cannot be trusted.
      throw new Error("cannot look for room among pods of lower priority", { cause: error });
    }
    this.#tables.set(key, table);
    return table;
  }

  #currentBudgets({ cluster }: Attempt): Budgets {
    const version = cluster.related.version("PodDisruptionBudget");
    if (version !== this.#budgetVersion) {
      this.#budgetVersion = version;
      this.#budgets = new Budgets(cluster.related.list<BudgetObject>("PodDisruptionBudget"));
    }
    return this.#budgets;
  }
}

/** Why the pod may not push others out, if that is so. */
function ineligible({ pod, cluster, isLeaving }: Attempt): string | undefined {
  if (pod.object.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
  const row = cluster.nominations.of(pod.uid)?.row;
  if (row === undefined) return undefined;
  for (const { info } of cluster.podsOn(row)) {
    if (info.priority < pod.priority && (isLeaving(info) || isTerminatingForPreemption(info))) {
      return "not eligible due to a terminating pod on the nominated node.";
    }
  }
  return undefined;
}

function candidateOf({ cluster }: Attempt, table: CandidateTable, row: number): Candidate {
  const { pods, violations } = table.victimsOn(row);
  return { nodeName: cluster.nodeName(row), victims: pods, violations };
}

function nobody({ cluster }: Attempt, table: CandidateTable): string {
  const reasons = [...table.reasons()].map(([text, count]) => `${count} ${text}`).sort();
  return `0/${cluster.nodeCount} nodes are available: ${reasons.join(", ")}.`;
}
