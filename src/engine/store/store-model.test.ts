/** The store against a trivial model: a list of all events ever, which every answer must follow from. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { silentLogger } from "../../lib/log.ts";
import type { KubeObject } from "../../model/meta.ts";
import { isStatus, type StatusError } from "../../model/status.ts";
import { openStore } from "./open-store.ts";
import type { Store, StoreEvent, StoreWatch, Write } from "./store.ts";

interface ModelEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
}

type Place = Pick<ModelEvent, "resource" | "namespace" | "name">;
type WriteOp = Place & {
  readonly what: "put" | "delete";
  readonly expect: "any" | "none" | "newest" | "stale";
};
type Op =
  | { readonly op: "writes"; readonly writes: readonly WriteOp[]; readonly wait: boolean }
  | {
      readonly op: "watch";
      readonly resource: string;
      readonly namespace: string | undefined;
      readonly at: number;
    }
  | { readonly op: "stop"; readonly at: number }
  | { readonly op: "compact"; readonly at: number }
  | {
      readonly op: "list";
      readonly resource: string;
      readonly namespace: string | undefined;
      readonly at: number;
    }
  | { readonly op: "restart" };

const resource = fc.constantFrom("pods", "apps.nagi.dev");
const namespace = fc.constantFrom("one", "two");
const scope = fc.option(namespace, { nil: undefined });
/** A fraction of the revisions or watches there are by then. */
const at = fc.double({ min: 0, max: 1, noNaN: true });
const writeOp: fc.Arbitrary<WriteOp> = fc.record({
  resource,
  namespace,
  name: fc.constantFrom("a", "b", "c"),
  what: fc.constantFrom("put", "put", "delete"),
  expect: fc.constantFrom("any", "any", "none", "newest", "stale"),
});
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant("writes"),
      writes: fc.array(writeOp, { maxLength: 8 }),
      wait: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("watch"), resource, namespace: scope, at }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("stop"), at }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("compact"), at }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("list"), resource, namespace: scope, at }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("restart") }) },
) as fc.Arbitrary<Op>;

const text = (revision: number, event: ModelEvent): string =>
  `${revision} ${event.type} ${event.resource}/${event.namespace}/${event.name}=${event.value}`;

function textOf(event: StoreEvent): string {
  const { resource: ofResource, namespace: ofNamespace, name, value } = event.entry;
  expect(value.metadata.resourceVersion).toBe(String(event.revision));
  return text(event.revision, {
    type: event.type,
    resource: ofResource,
    namespace: ofNamespace,
    name,
    value: (value as KubeObject & { value: number }).value,
  });
}

interface Watching {
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly afterRevision: number;
  readonly seen: string[];
  readonly handle: StoreWatch;
}

class Run {
  /** The event of revision r is at r - 1. */
  readonly events: ModelEvent[] = [];
  compacted = 0;
  store: Store;
  watches: Watching[] = [];
  pending: Promise<void>[] = [];
  readonly #path: string;
  #value = 0;

  constructor(path: string, store: Store) {
    this.#path = path;
    this.store = store;
  }

  async perform(step: Op): Promise<void> {
    if (step.op === "writes") {
      for (const write of step.writes) this.pending.push(this.#write(write));
      if (step.wait) await this.settle();
    }
    if (step.op === "watch") this.#watch(step);
    if (step.op === "stop") this.#stop(step.at);
    if (step.op === "list") this.#checkList(step);
    if (step.op === "compact") {
      const revision = Math.floor(step.at * this.store.revision);
      this.compacted = Math.max(this.compacted, revision);
      await this.store.compact(revision);
    }
    if (step.op === "restart") await this.#restart();
  }

  async settle(): Promise<void> {
    await Promise.all(this.pending.splice(0));
    expect(this.store.revision).toBe(this.events.length);
    for (const watch of this.watches) expect(watch.seen).toEqual(this.#eventsFor(watch));
  }

  async #restart(): Promise<void> {
    await this.settle();
    await this.store[Symbol.asyncDispose]();
    this.store = await openStore({ path: this.#path, log: silentLogger, freezeValues: true });
    expect(this.store.revision).toBe(this.events.length);
    this.watches = [];
  }

  /** The outcome follows from the model at once, because writes are decided in the order of the calls. */
  #write(write: WriteOp): Promise<void> {
    const newest = this.#newest(write, this.events.length);
    const expectedRevision = { any: undefined, none: 0, newest: newest?.revision ?? 0, stale: 1_000_000 }[
      write.expect
    ];
    const refused = this.#refusal(write, newest?.revision, expectedRevision);
    this.#value += 1;
    const value = this.#value;
    if (refused === undefined) {
      const { resource: ofResource, namespace: ofNamespace, name, what } = write;
      const type = what === "delete" ? "DELETED" : newest === undefined ? "ADDED" : "MODIFIED";
      const kept = what === "delete" ? (newest?.value ?? 0) : value;
      this.events.push({ type, resource: ofResource, namespace: ofNamespace, name, value: kept });
    }
    const revision = this.events.length;
    const written = this.store.write(this.#request(write, value, expectedRevision));
    return written.then(
      (entry) => expect([refused, entry.revision]).toEqual([undefined, revision]),
      (error: StatusError) => expect(error.reason).toBe(refused),
    );
  }

  #request({ what, ...place }: WriteOp, value: number, expectedRevision: number | undefined): Write {
    const { resource: ofResource, namespace: ofNamespace, name } = place;
    const metadata = { name, namespace: ofNamespace };
    const made = { apiVersion: "v1", kind: "Thing", metadata, value } as KubeObject;
    const make = () => (what === "delete" ? "delete" : made);
    return { resource: ofResource, namespace: ofNamespace, name, expectedRevision, make };
  }

  #refusal(write: WriteOp, newest: number | undefined, expected: number | undefined): string | undefined {
    if (expected !== undefined && expected !== (newest ?? 0)) {
      if (newest === undefined) return "NotFound";
      return expected === 0 ? "AlreadyExists" : "Conflict";
    }
    return write.what === "delete" && newest === undefined ? "NotFound" : undefined;
  }

  #newest(place: Place, upTo: number): (ModelEvent & { revision: number }) | undefined {
    for (let revision = upTo; revision > 0; revision -= 1) {
      const event = this.events[revision - 1];
      if (event?.resource !== place.resource || event.namespace !== place.namespace) continue;
      if (event.name === place.name) return event.type === "DELETED" ? undefined : { ...event, revision };
    }
    return undefined;
  }

  #watch(step: Op & { op: "watch" }): void {
    const afterRevision = Math.floor(step.at * (this.store.revision + 1));
    const seen: string[] = [];
    const onEvents = (events: readonly StoreEvent[]) => {
      expect(events.length).toBeGreaterThan(0);
      seen.push(...events.map(textOf));
    };
    const request = { resource: step.resource, namespace: step.namespace, afterRevision, onEvents };
    if (afterRevision < this.compacted || afterRevision > this.store.revision) {
      expect(() => this.store.watch(request)).toThrow(expect.objectContaining({ reason: "Expired" }));
      return;
    }
    const handle = this.store.watch(request);
    this.watches.push({ ...request, seen, handle });
  }

  #stop(fraction: number): void {
    const [stopped] = this.watches.splice(Math.floor(fraction * this.watches.length), 1);
    stopped?.handle.stop();
  }

  #eventsFor(watch: Watching): string[] {
    return this.events.flatMap((event, index) => {
      const revision = index + 1;
      const inScope = watch.namespace === undefined || watch.namespace === event.namespace;
      const wanted = revision > watch.afterRevision && event.resource === watch.resource && inScope;
      return wanted ? [text(revision, event)] : [];
    });
  }

  #checkList(step: Op & { op: "list" }): void {
    const revision = Math.floor(step.at * (this.store.revision + 1));
    const list = () => this.store.list(step.resource, step.namespace, revision);
    if (revision < this.compacted || revision > this.store.revision) {
      expect(list).toThrow(expect.toSatisfy((error) => isStatus(error, "Expired", "Timeout")));
      return;
    }
    const expected = ["one", "two"].flatMap((ofNamespace) =>
      ["a", "b", "c"].flatMap((name) => {
        if (step.namespace !== undefined && step.namespace !== ofNamespace) return [];
        const place = { resource: step.resource, namespace: ofNamespace, name };
        const found = this.#newest(place, revision);
        return found === undefined ? [] : [`${ofNamespace}/${name}@${found.revision}=${found.value}`];
      }),
    );
    const listed = list().entries.map((entry) => {
      const { value } = entry.value as KubeObject & { value: number };
      return `${entry.namespace}/${entry.name}@${entry.revision}=${value}`;
    });
    expect(listed).toEqual(expected);
  }
}

test("no answer and no watch ever differs from the log of events", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 60 }), async (steps) => {
      const folder = await mkdtemp(join(tmpdir(), "nagi-store-model-"));
      const path = join(folder, "store.db");
      const run = new Run(path, await openStore({ path, log: silentLogger, freezeValues: true }));
      try {
        for (const step of steps) await run.perform(step);
        await run.settle();
      } finally {
        await run.store[Symbol.asyncDispose]();
        await rm(folder, { recursive: true });
      }
    }),
    { numRuns: 25 },
  );
});
