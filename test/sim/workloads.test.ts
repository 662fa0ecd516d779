/** The workload controllers on an API whose events come late and whose writes sometimes fail. */

import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { WatchEvent, WatchOptions, WriteOptions } from "../../src/client/client.ts";
import { FakeClient } from "../../src/client/testing/fake-client.ts";
import { waitFor } from "../../src/client/wait-for.ts";
import { startTestServer } from "../../src/engine/apiserver/testing/test-server.ts";
import { runWorkloads } from "../../src/engine/workloads/run.ts";
import { runFakeAgent } from "../../src/engine/workloads/testing/fake-agent.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { seededRandom, type Random } from "../../src/lib/random.ts";
import { replicaSet, type ReplicaSet } from "../../src/model/kinds/apps/replicaset/replicaset.ts";
import { configMap } from "../../src/model/kinds/core/configmap/configmap.ts";
import { pod as podKind, type Pod } from "../../src/model/kinds/core/pod/pod.ts";
import { newObject, type Kind } from "../../src/model/kind.ts";
import { controllerOf, refOf, type KubeObject, type OwnerReference } from "../../src/model/meta.ts";
import { isNotFound, StatusError } from "../../src/model/status.ts";

const mostTurns = 6;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

/** Every watcher gets its events late by its own number of turns; pods' creations fail now and then. */
class LaggingClient extends FakeClient {
  /** Pods that were made beyond what their set wanted at that moment. */
  readonly surplus: string[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    super();
    this.#random = random;
  }

  override async create<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T> {
    await this.#dawdle();
    if (kind.kind === "Pod" && this.#random.next() < 0.1) {
      throw new StatusError("ServiceUnavailable", "the server is not available");
    }
    const created = await super.create(kind, object, options);
    if (kind.kind === "Pod") await this.#check(created);
    await this.#dawdle();
    return created;
  }

  override async *watch<T extends KubeObject>(
    kind: Kind<T>,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>> {
    for await (const event of super.watch(kind, options)) {
      await this.#dawdle();
      yield event;
    }
  }

  async #check(made: KubeObject): Promise<void> {
    const owner = controllerOf(made);
    if (owner === undefined) return;
    const set = await super.get(replicaSet, { namespace: made.metadata.namespace, name: owner.name });
    const active = activeOf(set, (await super.list(podKind)).items);
    if (active.length > (set.spec.replicas ?? 1)) this.surplus.push(`${owner.name}: ${active.length}`);
  }

  async #dawdle(): Promise<void> {
    for (let turns = this.#random.below(mostTurns); turns > 0; turns--) await setImmediate();
  }
}

function activeOf(set: ReplicaSet, pods: readonly Pod[]): Pod[] {
  return pods.filter(
    (pod) => controllerOf(pod)?.uid === set.metadata.uid && pod.metadata.deletionTimestamp === undefined,
  );
}

test.each(seeds)("sets that grow while pods are killed never make one too many (seed %i)", async (seed) => {
  const random = seededRandom(seed);
  const client = new LaggingClient(random);
  const stop = new AbortController();
  const running = Promise.all([
    runWorkloads({ client, clock: systemClock, log: silentLogger }, stop.signal),
    runFakeAgent({ client }, stop.signal),
  ]);
  const names = ["a", "b", "c"];
  const wanted = new Map(names.map((name) => [name, 1]));
  for (const name of names) {
    const labels = { app: name };
    const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template };
    await client.create(replicaSet, newObject(replicaSet, { name, namespace: "default" }, { spec }));
  }
  for (let step = 0; step < 40; step++) {
    for (let turns = random.below(8); turns > 0; turns--) await setImmediate();
    const name = names[random.below(names.length)] ?? "a";
    const pods = (await client.list(podKind)).items;
    if (random.next() < 0.5 && pods.length > 0) {
      const victim = pods[random.below(pods.length)];
      if (victim !== undefined) await client.delete(podKind, refOf(victim)).catch(unlessGone);
    } else {
      wanted.set(name, (wanted.get(name) ?? 0) + random.below(4));
      const body = { spec: { replicas: wanted.get(name) } };
      await client.patch(replicaSet, { namespace: "default", name }, { type: "merge", body });
    }
  }
  for (const [name, replicas] of wanted) {
    const isThere = (set?: ReplicaSet): boolean =>
      set?.status?.readyReplicas === replicas && set.status.replicas === replicas;
    const wait = { kind: replicaSet, ref: { namespace: "default", name }, until: isThere };
    await waitFor(client, wait, { clock: systemClock, timeoutMs: 20_000 });
  }
  stop.abort();
  await running;
  expect(client.surplus).toEqual([]);
});

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

test.each(seeds.slice(0, 4))(
  "whatever is deleted, who has a living owner lives, and nobody else (seed %i)",
  async (seed) => {
    const random = seededRandom(seed);
    await using server = await startTestServer();
    const { client } = server;
    const stop = new AbortController();
    const running = runWorkloads({ client, clock: systemClock, log: silentLogger }, stop.signal);
    /** Name to owners' names, of everything that was made. */
    const owners = new Map<string, readonly string[]>();
    const uids = new Map<string, string>();
    const deleted = new Set<string>();
    /** Whether it should be there: not deleted, and without owners or with one that should be there. */
    const lives = (name: string): boolean => {
      const its = owners.get(name) ?? [];
      return !deleted.has(name) && (its.length === 0 || its.some(lives));
    };
    for (let number = 0; number < 60; number++) {
      const made = [...owners.keys()].filter(lives);
      if (random.next() < 0.25 && made.length > 3) {
        const name = made[random.below(made.length)] ?? "";
        deleted.add(name);
        const propagationPolicy = random.next() < 0.3 ? "Foreground" : "Background";
        await client
          .delete(configMap, { namespace: "default", name }, { propagationPolicy })
          .catch(unlessGone);
        continue;
      }
      const name = `c${number}`;
      const its = [
        ...new Set(Array.from({ length: random.below(3) }, () => made[random.below(made.length)] ?? "")),
      ];
      const chosen = its.filter((each) => each !== "");
      const ownerReferences = chosen.map((each): OwnerReference => {
        const blockOwnerDeletion = random.next() < 0.5;
        return {
          apiVersion: "v1",
          kind: "ConfigMap",
          name: each,
          uid: uids.get(each) ?? "",
          blockOwnerDeletion,
        };
      });
      const metadata = { name, namespace: "default", ownerReferences };
      const created = await client.create(configMap, newObject(configMap, metadata, {}));
      owners.set(name, chosen);
      uids.set(name, created.metadata.uid ?? "");
    }
    const expected = [...owners.keys()].filter(lives).sort((a, b) => a.localeCompare(b));
    const present = async (): Promise<string[]> => {
      const { items } = await client.list(configMap, { namespace: "default" });
      const names = items.map(({ metadata }) => metadata.name ?? "").filter((name) => owners.has(name));
      return names.sort((a, b) => a.localeCompare(b));
    };
    await expect.poll(present, { timeout: 10_000 }).toEqual(expected);
    stop.abort();
    await running;
    expect(server.errors).toEqual([]);
  },
);
