/** Who belongs to whom, as the watches tell: the metadata that collecting garbage needs, and nothing else. */

import type { Kind } from "../../../model/kind.ts";
import { refOf, type KubeObject, type ObjectRef, type OwnerReference } from "../../../model/meta.ts";

export interface GraphNode {
  readonly kind: Kind;
  readonly ref: ObjectRef;
  readonly uid: string;
  readonly owners: readonly OwnerReference[];
  readonly deleting: boolean;
  readonly finalizers: readonly string[];
}

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

const none: readonly never[] = [];

export function graphNode(kind: Kind, object: KubeObject): GraphNode {
  const { uid = "", ownerReferences = none, finalizers = none, deletionTimestamp } = object.metadata;
  return {
    kind,
    ref: refOf(object),
    uid,
    owners: ownerReferences,
    deleting: deletionTimestamp !== undefined,
    finalizers,
  };
}

/** Deletion in the foreground: the object stays until those that block it are gone. */
export function waitsForDependents(node: Pick<GraphNode, "deleting" | "finalizers">): boolean {
  return node.deleting && node.finalizers.includes(foregroundFinalizer);
}

export function orphansDependents(node: Pick<GraphNode, "deleting" | "finalizers">): boolean {
  return node.deleting && node.finalizers.includes(orphanFinalizer);
}

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  /** UIDs of dependents by UID of the owner, whether or not the owner is known. */
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  set(node: GraphNode): void {
    const before = this.#nodes.get(node.uid);
    // Only nodes that own, are owned or can be waited for matter, and a node tells that too late: keep all.
    this.#nodes.set(node.uid, node);
    for (const owner of before?.owners ?? none) this.#unlink(owner.uid, node.uid);
    for (const owner of node.owners) this.#link(owner.uid, node.uid);
  }

  remove(uid: string): void {
    for (const owner of this.#nodes.get(uid)?.owners ?? none) this.#unlink(owner.uid, uid);
    this.#nodes.delete(uid);
  }

  dependentsOf(uid: string): GraphNode[] {
    const uids = this.#dependents.get(uid) ?? none;
    return [...uids].map((each) => this.#nodes.get(each)).filter((node) => node !== undefined);
  }

  hasDependents(uid: string): boolean {
    return this.#dependents.has(uid);
  }

  #link(owner: string, dependent: string): void {
    const present = this.#dependents.get(owner);
    if (present === undefined) this.#dependents.set(owner, new Set([dependent]));
    else present.add(dependent);
  }

  #unlink(owner: string, dependent: string): void {
    const present = this.#dependents.get(owner);
    present?.delete(dependent);
    if (present?.size === 0) this.#dependents.delete(owner);
  }
}
