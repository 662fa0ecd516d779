/** Versions of objects, encoded once. A version that came from the disk is parsed when somebody first asks. */

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
    if (this.#value === undefined) {
      const parsed = JSON.parse(this.encoded) as KubeObject;
      this.#value = this.#freeze ? deepFreeze(parsed) : parsed;
    }
    return this.#value;
  }

  /** Lets go of the parsed form; who asks for it again pays for parsing. */
  release(): void {
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
