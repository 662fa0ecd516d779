/**
 * Versions of objects, encoded once. What came from the disk is parsed when somebody asks, and what was not asked for
 * in a while stays parsed only as long as somebody else holds it: for most objects the text is all that is kept.
 */

import { deepFreeze } from "../../model/json.ts";
import type { KubeObject } from "../../model/meta.ts";
import type { Entry, EntryKey } from "./store.ts";

export interface EntryParts extends EntryKey {
  readonly revision: number;
  readonly createdRevision: number;
  readonly encoded: string;
}

export class LogEntry implements Entry {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly createdRevision: number;
  readonly encoded: string;
  readonly #freeze: boolean;
  #value: KubeObject | undefined;
  #heldByOthers: WeakRef<KubeObject> | undefined;

  constructor(parts: EntryParts, freeze: boolean, value?: KubeObject) {
    this.resource = parts.resource;
    this.namespace = parts.namespace;
    this.name = parts.name;
    this.revision = parts.revision;
    this.createdRevision = parts.createdRevision;
    this.encoded = parts.encoded;
    this.#freeze = freeze;
    if (value !== undefined) this.#value = freeze ? deepFreeze(value) : value;
  }

  get value(): KubeObject {
    const present = this.#value ?? this.#heldByOthers?.deref();
    if (present !== undefined) return present;
    const parsed = JSON.parse(this.encoded) as KubeObject;
    if (this.#freeze) deepFreeze(parsed);
    this.#heldByOthers = new WeakRef(parsed);
    return parsed;
  }

  /** Lets go of the parsed form; who asks for it when nobody holds it any more pays for parsing. */
  release(): void {
    if (this.#value === undefined) return;
    this.#heldByOthers = new WeakRef(this.#value);
    this.#value = undefined;
  }
}

/** The object as of a revision: the one field that the store itself writes. */
export function atRevision(value: KubeObject, revision: number): KubeObject {
  return { ...value, metadata: { ...value.metadata, resourceVersion: String(revision) } };
}

/** One text for a key; no part may contain the separator, which names cannot. */
export function keyText(key: EntryKey): string {
  return `${key.resource}\n${key.namespace}\n${key.name}`;
}
