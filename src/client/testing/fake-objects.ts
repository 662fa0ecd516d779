/** The memory of the fake client: objects by resource, one order of revisions, watches on top of past events. */

import { fieldMatcher, parseFieldSelector } from "../../model/field-selector.ts";
import { resourceName, type Kind } from "../../model/kind.ts";
import { matches, parseSelector } from "../../model/labels.ts";
import { keyOf, refOf, type KubeObject } from "../../model/meta.ts";
import { StatusError } from "../../model/status.ts";
import type { WatchEvent, WatchOptions } from "../client.ts";

/** Events that one watch of a test may leave unread. */
const watchMaxEvents = 100_000;

export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

interface PastEvent {
  readonly resource: string;
  readonly revision: number;
  /** Absent: deleted. */
  readonly next?: KubeObject | undefined;
  readonly previous?: KubeObject | undefined;
  /** The last version, with the revision of the deletion. */
  readonly deleted?: KubeObject | undefined;
}

/** "broken": the connection is lost, the past is still there. */
type Ending = "expired" | "broken";
type Listener = (event: PastEvent | Ending) => void;

export class FakeObjects {
  readonly #byResource = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<Listener>();
  #events: PastEvent[] = [];
  #expiredRevision = 0;
  #revision = 0;

  get revision(): number {
    return this.#revision;
  }

  get(resource: string, key: string): KubeObject | undefined {
    return this.#byResource.get(resource)?.get(key);
  }

  all(): KubeObject[] {
    return [...this.#byResource.values()].flatMap((objects) => [...objects.values()]);
  }

  list(kind: Kind, selection: Selection): KubeObject[] {
    const objects = this.#byResource.get(resourceName(kind)) ?? new Map<string, KubeObject>();
    const keys = [...objects.keys()].sort();
    return keys.flatMap((key) => objects.get(key) ?? []).filter(selecting(kind, selection));
  }

  /** Stores the next version and returns it, frozen. */
  put(resource: string, object: KubeObject): KubeObject {
    const next = deepFreeze(atRevision(object, (this.#revision += 1)));
    let objects = this.#byResource.get(resource);
    if (objects === undefined) this.#byResource.set(resource, (objects = new Map()));
    const key = keyOf(refOf(next));
    const previous = objects.get(key);
    objects.set(key, next);
    this.#publish({ resource, revision: this.#revision, next, previous });
    return next;
  }

  remove(resource: string, key: string): void {
    const previous = this.get(resource, key);
    if (previous === undefined) return;
    this.#byResource.get(resource)?.delete(key);
    const deleted = deepFreeze(atRevision(previous, (this.#revision += 1)));
    this.#publish({ resource, revision: this.#revision, previous, deleted });
  }

  /** Forgets the past: open watches end with Expired, and so do new ones from before now. */
  expire(): void {
    this.#expiredRevision = this.#revision;
    this.#events = [];
    for (const listener of this.#listeners) listener("expired");
  }

  /** Ends open watches as a lost connection does. */
  breakOff(): void {
    for (const listener of this.#listeners) listener("broken");
  }

  async *watch(kind: Kind, options: WatchOptions): AsyncGenerator<WatchEvent<KubeObject>> {
    const { resourceVersion, signal } = options;
    const selected = selecting(kind, options);
    const waiting: (PastEvent | Ending)[] = [];
    let wake: () => void = () => undefined;
    const initial = resourceVersion === undefined ? this.list(kind, options) : [];
    if (resourceVersion !== undefined) waiting.push(...this.#after(Number(resourceVersion)));
    const listener: Listener = (event) => {
      waiting.push(waiting.length < watchMaxEvents ? event : "expired");
      wake();
    };
    const abort = (): void => wake();
    this.#listeners.add(listener);
    signal?.addEventListener("abort", abort);
    try {
      for (const object of initial) yield { type: "ADDED", object };
      for (;;) {
        if (signal?.aborted === true) return;
        const event = waiting.shift();
        if (event === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else if (event === "expired") throw expired();
        else if (event === "broken") throw new StatusError("ServiceUnavailable", "the connection is lost");
        else if (event.resource === resourceName(kind)) yield* eventFor(event, selected);
      }
    } finally {
      this.#listeners.delete(listener);
      signal?.removeEventListener("abort", abort);
    }
  }

  #after(revision: number): PastEvent[] {
    if (revision < this.#expiredRevision) throw expired();
    return this.#events.filter((event) => event.revision > revision);
  }

  #publish(event: PastEvent): void {
    this.#events.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

function expired(): StatusError {
  return new StatusError("Expired", "too old resource version");
}

/** What a watcher with a selection sees: objects that enter it are added, those that leave it deleted. */
function* eventFor(
  { next, previous, deleted }: PastEvent,
  selected: (object: KubeObject) => boolean,
): Generator<WatchEvent<KubeObject>> {
  const before = previous !== undefined && selected(previous);
  const object = next ?? deleted;
  if (object === undefined) return;
  const after = next !== undefined && selected(next);
  if (after) yield { type: before ? "MODIFIED" : "ADDED", object };
  else if (before) yield { type: "DELETED", object };
}

function selecting(kind: Kind, selection: Selection): (object: KubeObject) => boolean {
  const { namespace, labelSelector = "", fieldSelector = "" } = selection;
  const labels = parseSelector(labelSelector);
  const fields = fieldMatcher(kind, parseFieldSelector(fieldSelector));
  return (object) =>
    (namespace === undefined || namespace === "" || object.metadata.namespace === namespace) &&
    matches(labels, object.metadata.labels) &&
    fields(object);
}

function atRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const child of Object.values(value)) deepFreeze(child);
  return value;
}
