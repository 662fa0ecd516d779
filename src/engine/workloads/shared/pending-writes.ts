/**
 * What a controller wrote and has not yet seen in its cache. Until it has, the cache is behind the
 * controller's own doing, and counting on it would create or delete twice: a reconcile waits for the event.
 *
 * Revisions are compared as numbers, which holds for the embedded store: one order over all objects.
 */

import type { KubeObject } from "../../../model/meta.ts";

/** Where an object would be seen: a shared informer. */
export interface Seen {
  get(key: string): KubeObject | undefined;
}

interface Pending {
  readonly objectKey: string;
  readonly uid: string;
  /** Revision of the write; undefined: the object was deleted. */
  readonly revision: number | undefined;
  readonly sinceMs: number;
}

/** An event that has not come by then was compressed away: the object came and went between two lists. */
const expireMs = 30_000;

export class PendingWrites {
  readonly #nowMs: () => number;
  readonly #pending = new Map<string, Pending[]>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** `written` is what the API answered. */
  wrote(ownerKey: string, written: KubeObject): void {
    this.#add(ownerKey, written, Number(written.metadata.resourceVersion ?? 0));
  }

  deleted(ownerKey: string, object: KubeObject): void {
    this.#add(ownerKey, object, undefined);
  }

  forget(ownerKey: string): void {
    this.#pending.delete(ownerKey);
  }

  /** Whether the cache shows all that was written for this owner. */
  settled(ownerKey: string, seen: Seen): boolean {
    const left = (this.#pending.get(ownerKey) ?? []).filter((entry) => !this.#isSeen(entry, seen));
    if (left.length === 0) this.#pending.delete(ownerKey);
    else this.#pending.set(ownerKey, left);
    return left.length === 0;
  }

  #add(ownerKey: string, object: KubeObject, revision: number | undefined): void {
    const { namespace = "", name = "", uid = "" } = object.metadata;
    const objectKey = namespace === "" ? name : `${namespace}/${name}`;
    const entry = { objectKey, uid, revision, sinceMs: this.#nowMs() };
    const others = (this.#pending.get(ownerKey) ?? []).filter((other) => other.uid !== uid);
    this.#pending.set(ownerKey, [...others, entry]);
  }

  #isSeen(entry: Pending, seen: Seen): boolean {
    if (this.#nowMs() - entry.sinceMs >= expireMs) return true;
    const object = seen.get(entry.objectKey);
    const same = object?.metadata.uid === entry.uid ? object : undefined;
    if (entry.revision === undefined)
      return same === undefined || same.metadata.deletionTimestamp !== undefined;
    return same !== undefined && Number(same.metadata.resourceVersion ?? 0) >= entry.revision;
  }
}
