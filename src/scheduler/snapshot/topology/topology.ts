/**
 * Pods counted by node and by domain (zone, rack, host), for what asks where the others are. Pods that have namespace,
 * labels and affinity in common are kin and are looked at once; a pod that comes or goes changes one number in each count
 * that its kin belongs to, and nothing else is counted again.
 *
 * What must stay true: each count equals what would be counted afresh from the pods of the nodes that are there. Counts
 * and keys are void, and are to be asked for again, when `epoch` has moved.
 */

import type { Labels } from "../../../model/labels.ts";
import type { NodeObject } from "../objects.ts";
import type { PodInfo } from "../pod-info.ts";
import { CarriedTerms, type CarriedTerm } from "./carried-terms.ts";
import { NodeMask } from "./node-mask.ts";
import { ownerOf, termsOf, type Owner } from "./pod-terms.ts";
import { Population, type Kin } from "./population.ts";
import { TopologyKey } from "./topology-key.ts";

const MAX_SELECTED = 1024;
const MAX_KEYS = 512;
const MAX_MASKS = 512;
/** Kin without pods are kept until there are this many, since pods come and go in trials. */
const MAX_EXTINCT = 1024;

interface KnownKin extends Kin {
  readonly owner: Owner;
  readonly isTerminating: boolean;
}

export interface PodSelection {
  /** Equal for equal selections. */
  readonly text: string;
  readonly usesNamespaceLabels: boolean;
  selects(owner: Owner, isTerminating: boolean): boolean;
}

export interface TopologyOptions {
  /** By row. */
  readonly nodes: readonly (NodeObject | undefined)[];
  readonly labelsOfNamespace: (name: string) => Labels;
}

export class Topology {
  epoch = 0;
  readonly #options: TopologyOptions;
  readonly #carried = new CarriedTerms();
  readonly #kin = new Map<string, KnownKin>();
  #extinct = 0;
  readonly #selected = new Map<
    string,
    { readonly selection: PodSelection; readonly population: Population }
  >();
  readonly #keys = new Map<string, TopologyKey>();
  readonly #masks = new Map<string, NodeMask>();
  readonly #namespaces = new Map<string, string>();

  constructor(options: TopologyOptions) {
    this.#options = options;
  }

  /** Moves when terms that placed pods carry come or go, or concern others than before. */
  get termsVersion(): number {
    return this.#carried.version;
  }

  /** The terms of placed pods that are about this one. */
  termsAbout({ object }: PodInfo): readonly CarriedTerm[] {
    return this.#carried.about(ownerOf(object), this.#options.labelsOfNamespace);
  }

  labelsOfNamespace(name: string): Labels {
    return this.#options.labelsOfNamespace(name);
  }

  key(name: string): TopologyKey {
    let key = this.#keys.get(name);
    if (key === undefined) this.#keys.set(name, (key = new TopologyKey(name, this.#options.nodes)));
    return key;
  }

  /** `text` says all that `counts` depends on. */
  mask(text: string, counts: (row: number) => boolean): NodeMask {
    let mask = this.#masks.get(text);
    if (mask === undefined) this.#masks.set(text, (mask = new NodeMask(this.#options.nodes.length, counts)));
    return mask;
  }

  /** The pods that are selected. */
  selected(selection: PodSelection): Population {
    const known = this.#selected.get(selection.text);
    if (known !== undefined) return known.population;
    const population = new Population();
    for (const kin of this.#kin.values()) {
      if (!selection.selects(kin.owner, kin.isTerminating)) continue;
      population.members.add(kin);
      kin.populations.push(population);
    }
    this.#selected.set(selection.text, { selection, population });
    return population;
  }

  /** The pod now counts on the node, or no longer when `by` is -1; whether anything is counted by that. */
  count(info: PodInfo, row: number, by: 1 | -1): boolean {
    const kin = this.#kin.get(info.kinship) ?? this.#newKin(info);
    const { rows, populations } = kin;
    const after = (rows.get(row) ?? 0) + by;
    if (after === 0) {
      rows.delete(row);
      if (rows.size === 0) this.#extinct++;
    } else {
      if (rows.size === 0) this.#extinct--;
      rows.set(row, after);
    }
    for (let index = 0; index < populations.length; index++) populations[index]?.count(row, by);
    return populations.length > 0;
  }

  /** Other rows of the same domains, of keys with many domains. */
  eachNeighbour(row: number, visit: (row: number) => void): void {
    for (const key of this.#keys.values()) {
      if (!key.isShared) continue;
      for (const other of key.neighbours(row)) if (other !== row) visit(other);
    }
  }

  /** Before the node in the row changes in a way that matters here, or goes: none of its pods count until `nodeIsThere`. */
  nodeLeaves(row: number, pods: Iterable<{ readonly info: PodInfo }>): void {
    for (const { info } of pods) this.count(info, row, -1);
    for (const population of this.#populations()) population.leaveNode(row);
  }

  /** The node in the row is as it is now; undefined when it is gone. */
  nodeIsThere(row: number, node: NodeObject | undefined, pods: Iterable<{ readonly info: PodInfo }>): void {
    for (const key of this.#keys.values()) key.set(row, node);
    for (const mask of this.#masks.values()) mask.look(row);
    for (const population of this.#populations()) population.enterNode(row);
    for (const { info } of pods) this.count(info, row, 1);
    for (const key of this.#keys.values()) {
      if (!key.isOutdated) continue;
      this.reset();
      return;
    }
  }

  /** Everything that was worked out of the nodes is to be asked for again. */
  reset(): void {
    this.epoch++;
    this.#keys.clear();
    this.#masks.clear();
    for (const population of this.#populations()) population.forget();
  }

  *#populations(): Generator<Population> {
    for (const { population } of this.#selected.values()) yield population;
    for (const { carriers } of this.#carried.all()) yield carriers;
  }

  namespaceChanged(name: string, labels: Labels): void {
    const text = JSON.stringify(labels ?? {});
    if ((this.#namespaces.get(name) ?? "{}") === text) return;
    if (labels === undefined) this.#namespaces.delete(name);
    else this.#namespaces.set(name, text);
    if (this.#carried.usesNamespaceLabels) this.#carried.version++;
    for (const [key, { selection, population }] of this.#selected) {
      if (selection.usesNamespaceLabels) this.#deselect(key, population);
    }
  }

  /** Before a pod is looked at: drops what there is too much of. */
  trim(): void {
    if (this.#extinct > MAX_EXTINCT + this.#kin.size / 2) this.#sweep();
    const isTooMuch =
      this.#selected.size > MAX_SELECTED || this.#keys.size > MAX_KEYS || this.#masks.size > MAX_MASKS;
    if (!isTooMuch) return;
    this.reset();
    for (const [key, { population }] of this.#selected) this.#deselect(key, population);
  }

  #deselect(key: string, population: Population): void {
    this.#selected.delete(key);
    for (const { populations } of population.members) {
      const place = populations.indexOf(population);
      if (place >= 0) populations.splice(place, 1);
    }
    this.epoch++;
  }

  #newKin(info: PodInfo): KnownKin {
    const { object } = info;
    const isTerminating = object.metadata.deletionTimestamp !== undefined;
    const kin: KnownKin = { owner: ownerOf(object), isTerminating, rows: new Map(), populations: [] };
    this.#kin.set(info.kinship, kin);
    this.#extinct++;
    this.#carried.enter(kin, termsOf(object));
    for (const { selection, population } of this.#selected.values()) {
      if (!selection.selects(kin.owner, isTerminating)) continue;
      population.members.add(kin);
      kin.populations.push(population);
    }
    return kin;
  }

  #sweep(): void {
    for (const [text, kin] of this.#kin) {
      if (kin.rows.size > 0) continue;
      for (const population of kin.populations) population.members.delete(kin);
      this.#kin.delete(text);
    }
    this.#extinct = 0;
    this.#carried.sweep();
  }
}
