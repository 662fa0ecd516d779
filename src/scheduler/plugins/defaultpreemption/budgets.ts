/**
 * Disruption budgets as preemption sees them: which pods of a node it would take beyond what their budgets allow.
 * Preemption may do that, but prefers nodes where it need not.
 */

import { matches, selectorFromLabelSelector, type Selector } from "../../../model/labels.ts";
import type { LabelSelector } from "../../../model/label-selector.ts";
import type { MetaObject } from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";

export interface BudgetObject {
  readonly metadata: MetaObject;
  readonly spec?: { readonly selector?: LabelSelector | undefined } | undefined;
  readonly status?:
    | {
        readonly disruptionsAllowed?: number | undefined;
        readonly disruptedPods?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
}

interface Budget {
  readonly object: BudgetObject;
  readonly namespace: string;
  readonly selector: Selector;
  readonly allowed: number;
}

/** What a new list of budgets changes. */
export type BudgetChange =
  | { readonly type: "none" }
  | { readonly type: "all" }
  /** Only for nodes where more pods than this belong to one budget. */
  | { readonly type: "above"; readonly count: number };

export class Budgets {
  readonly #budgets: readonly Budget[];

  constructor(objects: readonly BudgetObject[] = []) {
    const budgets: Budget[] = [];
    for (const object of objects) {
      const selector = selectorFromLabelSelector(object.spec?.selector);
      // An empty selector counts as none here, as in kube-scheduler.
      if (selector.length === 0) continue;
      const allowed = Math.max(0, object.status?.disruptionsAllowed ?? 0);
      budgets.push({ object, namespace: object.metadata.namespace ?? "", selector, allowed });
    }
    this.#budgets = budgets;
  }

  /** Of the pods, in this order, those whose loss some budget would not allow after the loss of those before. */
  violating(pods: readonly PodInfo[]): ReadonlySet<PodInfo> {
    if (this.#budgets.length === 0) return none;
    const left = this.#budgets.map(({ allowed }) => allowed);
    const violating = new Set<PodInfo>();
    for (const pod of pods) {
      for (const [index, budget] of this.#budgets.entries()) {
        if (!covers(budget, pod)) continue;
        const { disruptedPods } = budget.object.status ?? {};
        if (disruptedPods !== undefined && Object.hasOwn(disruptedPods, pod.name)) continue;
        const rest = (left[index] ?? 0) - 1;
        left[index] = rest;
        if (rest < 0) violating.add(pod);
      }
    }
    return violating;
  }

  /** How many of the pods belong to one budget at most. */
  largestShare(pods: readonly PodInfo[]): number {
    let largest = 0;
    for (const budget of this.#budgets) {
      let share = 0;
      for (const pod of pods) if (covers(budget, pod)) share++;
      if (share > largest) largest = share;
    }
    return largest;
  }

  /** What another list of budgets changes: a budget that allows enough for every node before and after changes nothing. */
  changeTo(next: Budgets): BudgetChange {
    if (next.#budgets.length !== this.#budgets.length) return { type: "all" };
    let count = Number.POSITIVE_INFINITY;
    for (const [index, before] of this.#budgets.entries()) {
      const after = next.#budgets[index];
      if (after?.object === before.object) continue;
      if (after === undefined || !isSame(before, after)) return { type: "all" };
      if (before.object.status?.disruptedPods !== after.object.status?.disruptedPods) count = 0;
      if (before.allowed !== after.allowed) count = Math.min(count, before.allowed, after.allowed);
    }
    return count === Number.POSITIVE_INFINITY ? { type: "none" } : { type: "above", count };
  }
}

const none: ReadonlySet<PodInfo> = new Set();

/** Pods without labels belong to no budget here, as in kube-scheduler. */
function covers({ namespace, selector }: Budget, { namespace: own, object }: PodInfo): boolean {
  const { labels } = object.metadata;
  if (own !== namespace || labels === undefined) return false;
  return matches(selector, labels) && Object.keys(labels).length > 0;
}

function isSame(a: Budget, b: Budget): boolean {
  return (
    a.namespace === b.namespace &&
    a.object.metadata.name === b.object.metadata.name &&
    JSON.stringify(a.selector) === JSON.stringify(b.selector)
  );
}
