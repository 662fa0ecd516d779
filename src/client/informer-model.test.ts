/** Informers against servers that fail at random: what they tell is consistent, and they end with the truth. */

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FakeClock } from "../lib/clock.ts";
import { silentLogger } from "../lib/log.ts";
import { newObject } from "../model/kind.ts";
import { configMap, type ConfigMap } from "../model/kinds/core/configmap/configmap.ts";
import { StatusError } from "../model/status.ts";
import { Informer, type InformerChange } from "./informer.ts";
import { FakeClient } from "./testing/fake-client.ts";

type Step =
  | { readonly step: "put" | "delete"; readonly name: string; readonly selected: boolean }
  | { readonly step: "expire" | "break" }
  | { readonly step: "fail"; readonly calls: number }
  | { readonly step: "rest"; readonly turns: number };

const name = fc.constantFrom("a", "b", "c", "d");
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ step: fc.constant("put"), name, selected: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ step: fc.constant("delete"), name, selected: fc.constant(false) }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constantFrom("expire", "break") }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant("fail"), calls: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 4, arbitrary: fc.record({ step: fc.constant("rest"), turns: fc.integer({ min: 1, max: 5 }) }) },
) as fc.Arbitrary<Step>;

const ref = (of: string) => ({ namespace: "default", name: of });

/** What the handlers were told, put together again; each change must fit what was told before. */
class Mirror {
  readonly objects = new Map<string, ConfigMap>();

  /** What a handler throws does not leave the informer, so it is noted. */
  readonly misfits: string[] = [];

  take({ type, object, previous }: InformerChange<ConfigMap>): void {
    const key = object.metadata.name ?? "";
    if (this.objects.has(key) !== (type !== "added")) this.misfits.push(`${type} ${key}`);
    if (type === "updated" && this.objects.get(key) !== previous) this.misfits.push(`previous of ${key}`);
    if (versionOf(previous) > versionOf(object)) this.misfits.push(`${key} goes back in time`);
    if (type === "deleted") this.objects.delete(key);
    else this.objects.set(key, object);
  }
}

class Run {
  readonly client = new FakeClient();
  readonly clock = new FakeClock();
  readonly mirror = new Mirror();
  readonly informer: Informer<ConfigMap>;
  #failures = 0;
  #round = 0;

  constructor() {
    const { client, clock } = this;
    const labelSelector = "selected=true";
    this.informer = new Informer({ client, kind: configMap, clock, log: silentLogger, labelSelector });
    this.informer.onChange((change) => this.mirror.take(change));
    this.client.onCall(({ verb }) => {
      if (verb !== "list" && verb !== "watch") return;
      this.#failures -= 1;
      if (this.#failures >= 0) throw new StatusError("ServiceUnavailable", "down");
    });
  }

  async perform(todo: Step): Promise<void> {
    if (todo.step === "put") await this.#put(todo.name, String(todo.selected));
    if (todo.step === "delete") await this.client.delete(configMap, ref(todo.name)).catch(() => undefined);
    if (todo.step === "expire") this.client.expireWatches();
    if (todo.step === "break") this.client.breakWatches();
    if (todo.step === "fail") this.#failures = todo.calls;
    if (todo.step === "rest") await this.rest(todo.turns);
  }

  async rest(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      this.clock.advance(5000);
    }
  }

  async #put(of: string, selected: string): Promise<void> {
    this.#round += 1;
    const data = { round: String(this.#round) };
    const labels = { selected };
    const patch = { type: "merge", body: { metadata: { labels }, data } } as const;
    try {
      await this.client.patch(configMap, ref(of), patch);
    } catch {
      await this.client.create(configMap, newObject(configMap, { ...ref(of), labels }, { data }));
    }
  }
}

test("whatever fails on the way, an informer ends with what the server has", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const run = new Run();
      const abort = new AbortController();
      const running = run.informer.run(abort.signal);
      for (const todo of steps) await run.perform(todo);
      await run.perform({ step: "fail", calls: 0 });
      await run.rest(30);
      expect(run.mirror.misfits).toEqual([]);
      const { items } = await run.client.list(configMap, { labelSelector: "selected=true" });
      expect(run.informer.list().toSorted(byName)).toEqual(items);
      expect([...run.mirror.objects.values()].toSorted(byName)).toEqual(items);
      abort.abort();
      await running;
    }),
    { numRuns: 200 },
  );
});

function versionOf(object: ConfigMap | undefined): number {
  return Number(object?.metadata.resourceVersion ?? 0);
}

function byName(a: ConfigMap, b: ConfigMap): number {
  return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}
