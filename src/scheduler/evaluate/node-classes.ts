/** The classes of nodes of one evaluation: which row is in which, by the marks of the row. */

import type { Fitting, Mark } from "../framework/plugin.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import { grownInts, roomFor } from "../snapshot/columns.ts";
import { NodeClass, type ClassOptions } from "./node-class.ts";

/** Empty classes are kept until there are this many more than used ones. */
const MAX_EMPTY = 64;

interface Branch {
  readonly next: Map<number, Branch>;
  found: NodeClass | undefined;
}

export class NodeClasses {
  readonly #marks: readonly Mark[];
  readonly #options: ClassOptions;
  #root: Branch = { next: new Map(), found: undefined };
  #all: NodeClass[] = [];
  #used = 0;
  readonly #ofRow: (NodeClass | undefined)[] = [];
  #places = new Int32Array(0);

  /** With marks, nodes where room is being made for pods are classes of their own. */
  constructor(marks: readonly Mark[], cluster: Cluster, options: ClassOptions) {
    const isNominated: Mark = (row) => (cluster.nominations.at(row) === undefined ? 0 : row + 1);
    this.#marks = marks.length === 0 ? marks : [...marks, isNominated];
    this.#options = options;
  }

  get all(): readonly NodeClass[] {
    return this.#all;
  }

  /** Whether nothing tells nodes apart. */
  get isOne(): boolean {
    return this.#marks.length === 0;
  }

  /** Takes all rows out, when all are in one. */
  clear(): void {
    for (const each of this.#all) each.clear();
    this.#ofRow.length = 0;
    this.#used = 0;
  }

  ofRow(row: number): NodeClass | undefined {
    return this.#ofRow[row];
  }

  makeRoom(rows: number): void {
    if (rows > this.#places.length)
      this.#places = grownInts(this.#places, roomFor(rows, this.#places.length));
  }

  /** Puts the row where it belongs; its class. */
  enter(row: number): NodeClass {
    const known = this.#ofRow[row];
    if (known !== undefined && this.#isOf(row, known)) return known;
    if (known !== undefined) this.leave(row);
    const entered = this.#find(row);
    if (entered.size === 0) this.#used++;
    this.#places[row] = entered.add(row);
    this.#ofRow[row] = entered;
    return entered;
  }

  leave(row: number): void {
    const left = this.#ofRow[row];
    if (left === undefined) return;
    const place = this.#places[row] ?? 0;
    this.#places[left.removeAt(place)] = place;
    this.#ofRow[row] = undefined;
    left.ranking.remove(row);
    if (left.size === 0) this.#used--;
  }

  /** Forgets classes that nothing is in any more, when they are many. */
  sweep(): void {
    if (this.#all.length - this.#used <= MAX_EMPTY + this.#used) return;
    this.#root = { next: new Map(), found: undefined };
    this.#all = this.#all.filter(({ size }) => size > 0);
    for (const each of this.#all) this.#branchOf(each.marks).found = each;
  }

  get fitting(): Fitting {
    const classes = this.#all.filter(({ isOpen }) => isOpen);
    return {
      classes,
      eachRow: (visit) => {
        for (const { rows, size } of classes)
          for (let place = 0; place < size; place++) visit(rows[place] ?? 0);
      },
    };
  }

  #isOf(row: number, { marks }: NodeClass): boolean {
    for (let index = 0; index < marks.length; index++) {
      if (this.#marks[index]?.(row) !== marks[index]) return false;
    }
    return true;
  }

  #find(row: number): NodeClass {
    let branch = this.#root;
    for (let index = 0; index < this.#marks.length; index++) {
      branch = nextOf(branch, this.#marks[index]?.(row) ?? 0);
    }
    if (branch.found === undefined) {
      const marks = this.#marks.map((mark) => mark(row));
      branch.found = new NodeClass(marks, this.#options);
      this.#all.push(branch.found);
    }
    return branch.found;
  }

  #branchOf(marks: readonly number[]): Branch {
    return marks.reduce(nextOf, this.#root);
  }
}

function nextOf(branch: Branch, mark: number): Branch {
  let next = branch.next.get(mark);
  if (next === undefined) branch.next.set(mark, (next = { next: new Map(), found: undefined }));
  return next;
}
