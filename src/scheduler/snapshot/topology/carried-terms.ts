/**
 * The terms of affinity that placed pods carry and that concern pods to come: whom they keep away, and whom they want
 * near or not. Terms about the same pods by the same label are one, with all pods that carry it.
 */

import type { Labels } from "../../../model/labels.ts";
import { isAbout, type Owner, type PodTerm, type PodTerms } from "./pod-terms.ts";
import { Population, type Kin } from "./population.ts";

/** What a term of a placed pod is to a pod that it is about. */
export type CarriedAs = "apart" | "near" | "wish";

export interface CarriedTerm {
  /** Never given twice. */
  readonly id: number;
  readonly as: CarriedAs;
  readonly term: PodTerm;
  /** Of a wish. */
  readonly weight: number;
  readonly carriers: Population;
}

export class CarriedTerms {
  /** Moves when a term comes or goes. */
  version = 0;
  #lastId = 0;
  readonly #byText = new Map<string, CarriedTerm>();
  /** By namespace and one label that the pod must have; so that a pod is held against few. */
  readonly #places = new Map<string, Set<CarriedTerm>>();

  get usesNamespaceLabels(): boolean {
    for (const { term } of this.#byText.values()) if (term.namespaceSelector !== undefined) return true;
    return false;
  }

  all(): Iterable<CarriedTerm> {
    return this.#byText.values();
  }

  /** Enters the pods under all terms that they carry. */
  enter(kin: Kin, { affinity, antiAffinity, wishes }: PodTerms): void {
    const times = new Map<string, number>();
    const carry = (as: CarriedAs, term: PodTerm, weight: number): void => {
      const text = JSON.stringify([as, weight, term.topologyKey, term.about]);
      // A pod that says it twice wants it twice as much.
      const time = (times.get(text) ?? 0) + 1;
      times.set(text, time);
      const { carriers } = this.#termOf(`${time}${text}`, { as, term, weight });
      carriers.members.add(kin);
      kin.populations.push(carriers);
    };
    for (const term of antiAffinity) carry("apart", term, 0);
    for (const term of affinity) carry("near", term, 0);
    for (const { term, weight } of wishes) carry("wish", term, weight);
  }

  /** Drops the terms that nobody carries any more. */
  sweep(): void {
    for (const [text, carried] of this.#byText) {
      if (carried.carriers.members.size > 0) continue;
      this.#byText.delete(text);
      for (const place of placesOf(carried.term)) {
        const others = this.#places.get(place);
        others?.delete(carried);
        if (others?.size === 0) this.#places.delete(place);
      }
      this.version++;
    }
  }

  /** Those about such a pod, in the order in which they came. */
  about(owner: Owner, labelsOfNamespace: (name: string) => Labels): readonly CarriedTerm[] {
    if (this.#byText.size === 0) return noTerms;
    const found: CarriedTerm[] = [];
    for (const namespace of [owner.namespace, ""]) {
      this.#collect(`${namespace}|`, found);
      for (const key in owner.labels) this.#collect(`${namespace}|${key}=${owner.labels[key]}`, found);
    }
    if (found.length === 0) return noTerms;
    return found
      .filter(({ term }) => isAbout(term, owner, labelsOfNamespace))
      .sort((a, b) => a.id - b.id)
      .filter((carried, index, all) => carried !== all[index - 1]);
  }

  #collect(place: string, into: CarriedTerm[]): void {
    const terms = this.#places.get(place);
    if (terms !== undefined) for (const term of terms) into.push(term);
  }

  #termOf(text: string, carried: Pick<CarriedTerm, "as" | "term" | "weight">): CarriedTerm {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const made: CarriedTerm = { id: ++this.#lastId, carriers: new Population(), ...carried };
    this.#byText.set(text, made);
    for (const place of placesOf(made.term)) {
      const others = this.#places.get(place);
      if (others === undefined) this.#places.set(place, new Set([made]));
      else others.add(made);
    }
    this.version++;
    return made;
  }
}

const noTerms: readonly CarriedTerm[] = [];

/** Under every namespace that it names; a term whose namespaces are chosen by labels stands under "". */
function placesOf({ namespaces, namespaceSelector, selector }: PodTerm): readonly string[] {
  const equal = selector.find(({ operator, values }) => operator === "In" && values.length === 1);
  const label = equal === undefined ? "" : `${equal.key}=${equal.values[0]}`;
  const under = namespaceSelector === undefined ? namespaces : [...namespaces, ""];
  return under.map((namespace) => `${namespace}|${label}`);
}
