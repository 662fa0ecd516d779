/**
 * The order of writes. Each write is decided against the newest ordered version, committed or not, and gets the
 * next revision. What is ordered but not yet committed is speculative: a failed commit takes all of it back.
 */

import { assert } from "../../lib/errors.ts";
import { StatusError } from "../../model/status.ts";
import type { KubeObject } from "../../model/meta.ts";
import { atRevision, keyText, LogEntry } from "./entry.ts";
import type { CommittedState } from "./committed-state.ts";
import type { Entry, EntryKey, StoreEvent, Write } from "./store.ts";

export interface OrderingOptions {
  readonly state: CommittedState;
  readonly valueMaxBytes: number;
  readonly freezeValues: boolean;
}

export class Ordering {
  readonly #options: OrderingOptions;
  /** The newest ordered event of each object that has one on its way to disk. */
  readonly #newest = new Map<string, StoreEvent>();
  #revision: number;

  constructor(options: OrderingOptions) {
    this.#options = options;
    this.#revision = options.state.revision;
  }

  order(write: Write): StoreEvent {
    const text = keyText(write);
    const speculative = this.#newest.get(text);
    const previous = speculative === undefined ? this.#options.state.get(write) : afterEvent(speculative);
    checkExpected(write, previous);
    const made = write.make(previous);
    const revision = this.#revision + 1;
    const event =
      made === "delete"
        ? this.#deletion(write, previous, revision)
        : this.#version(write, previous, atRevision(made, revision));
    this.#revision = revision;
    this.#newest.set(text, event);
    return event;
  }

  committed(event: StoreEvent): void {
    const text = keyText(event.entry);
    if (this.#newest.get(text) === event) this.#newest.delete(text);
  }

  /** All that is not committed did not happen. */
  rollBack(): void {
    this.#newest.clear();
    this.#revision = this.#options.state.revision;
  }

  #version(
    key: EntryKey & Pick<Write, "encode">,
    previous: Entry | undefined,
    value: KubeObject,
  ): StoreEvent {
    const revision = this.#revision + 1;
    const createdRevision = previous?.createdRevision ?? revision;
    const entry = this.#entry(key, { revision, createdRevision }, value);
    return { type: previous === undefined ? "ADDED" : "MODIFIED", revision, entry, previous };
  }

  #deletion(key: EntryKey, previous: Entry | undefined, revision: number): StoreEvent {
    if (previous === undefined) throw notFound(key);
    const { createdRevision } = previous;
    const { resource, namespace, name } = key;
    const last = atRevision(previous.value, revision);
    const entry = this.#entry({ resource, namespace, name }, { revision, createdRevision }, last);
    return { type: "DELETED", revision, entry, previous };
  }

  #entry(
    key: EntryKey & Pick<Write, "encode">,
    revisions: { readonly revision: number; readonly createdRevision: number },
    value: KubeObject,
  ): Entry {
    const { valueMaxBytes, freezeValues } = this.#options;
    const encoded = key.encode?.(value) ?? JSON.stringify(value);
    if (freezeValues) assert(encoded === JSON.stringify(value), "what is encoded is the value");
    // A character is at most three bytes.
    if (encoded.length * 3 > valueMaxBytes && Buffer.byteLength(encoded) > valueMaxBytes) {
      const message = `${key.resource} "${key.name}" is too large: at most ${valueMaxBytes} bytes are allowed`;
      throw new StatusError("RequestEntityTooLarge", message);
    }
    const { resource, namespace, name } = key;
    return new LogEntry({ resource, namespace, name, ...revisions, encoded }, freezeValues, value);
  }
}

function afterEvent(event: StoreEvent): Entry | undefined {
  return event.type === "DELETED" ? undefined : event.entry;
}

function checkExpected(write: Write, previous: Entry | undefined): void {
  const { expectedRevision, resource, name } = write;
  if (expectedRevision === undefined || expectedRevision === (previous?.revision ?? 0)) return;
  if (previous === undefined) throw notFound(write);
  if (expectedRevision === 0) {
    throw new StatusError("AlreadyExists", `${resource} "${name}" already exists`, detailsOf(write));
  }
  throw new StatusError(
    "Conflict",
    `Operation cannot be fulfilled on ${resource} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    detailsOf(write),
  );
}

function notFound(key: EntryKey): StatusError {
  return new StatusError("NotFound", `${key.resource} "${key.name}" not found`, detailsOf(key));
}

function detailsOf(key: EntryKey): { name: string; group?: string; kind: string } {
  const dot = key.resource.indexOf(".");
  if (dot < 0) return { name: key.name, kind: key.resource };
  return { name: key.name, group: key.resource.slice(dot + 1), kind: key.resource.slice(0, dot) };
}
