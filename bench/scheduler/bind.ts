/**
 * Mode `bind`: pods created through the API until each is bound, every write on disk before its answer; the API
 * server, the store and the scheduler share the process. A pod's latency is from before its creation until a watch
 * shows it bound.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Client } from "../../src/client/client.ts";
import { createApiServer } from "../../src/engine/apiserver/server.ts";
import { openStore } from "../../src/engine/store/open-store.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createLogger } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { event } from "../../src/model/kinds/core/event/event.ts";
import { node, type Node } from "../../src/model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../src/model/kinds/core/pod/pod.ts";
import {
  priorityClass,
  type PriorityClass,
} from "../../src/model/kinds/scheduling/priorityclass/priorityclass.ts";
import { schedulingDecision } from "../../src/model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { newObject } from "../../src/model/kind.ts";
import type { KubeObject } from "../../src/model/meta.ts";
import { allKinds } from "../../src/model/registry.ts";
import { createScheduler } from "../../src/scheduler/loop/scheduler.ts";
import type { PodObject } from "../../src/scheduler/snapshot/objects.ts";
import type { Measured } from "./decide.ts";
import { benchNode, type Workload } from "./workloads.ts";

/** Requests under way at a time, as a busy set of controllers would have. */
const concurrency = 128;
/** Longer than anything takes that is written one by one in a rush. */
const toldPollMs = 500;
const masters = { username: "bench", groups: ["system:masters"] };

async function inParallel(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
}

async function createNode(client: Client, index: number): Promise<void> {
  const { metadata, status } = benchNode(index);
  const made = newObject<Node>(node, metadata, { spec: {} });
  await client.create(node, made);
  const body = { status: { ...status } } as never;
  await client.patch(node, { name: metadata.name }, { type: "merge", body }, { subresource: "status" });
}

/** What goes on besides: by turns a node comes and goes, and pods that are bound go. */
class Churn {
  readonly #client: Client;
  readonly #nodes: number;
  #turns = 0;
  /** One after the other, however many pods are created at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: Client, nodes: number) {
    this.#client = client;
    this.#nodes = nodes;
  }

  /** After the pod of this number. */
  async after(
    index: number,
    { goneEvery = Infinity, nodeEvery = Infinity }: Workload,
    watcher: Watcher,
  ): Promise<void> {
    if (index % nodeEvery === 0) await (this.#last = this.#last.then(() => this.#nextNode()));
    const name = `pod-${index / goneEvery}`;
    if (index % goneEvery !== 0 || !watcher.boundMs.has(name)) return;
    await this.#client.delete(pod, { namespace: "default", name }, { gracePeriodSeconds: 0 });
  }

  async #nextNode(): Promise<void> {
    const turn = this.#turns++;
    const comes = turn % 2 === 0;
    const index = this.#nodes + (comes ? turn : turn - 1);
    if (comes) await createNode(this.#client, index);
    else await this.#client.delete(node, { name: benchNode(index).metadata.name });
  }
}

function asPod({ metadata, spec }: PodObject): Pod {
  const { name, namespace, labels } = metadata;
  const { priority, ...rest } = spec;
  const named = priority === undefined || priority === 0 ? {} : { priorityClassName: className(priority) };
  return newObject<Pod>(
    pod,
    { name, namespace, labels: labels && { ...labels } },
    { spec: { ...rest, ...named } as Pod["spec"] },
  );
}

function className(priority: number): string {
  return `bench-${priority}`;
}

/** Pods that are there before, with nobody to stop them: they go as soon as they are deleted. */
async function createInitial(
  client: Client,
  { initial, pod: sample }: Workload,
  nodes: number,
): Promise<void> {
  const { priority = 0 } = sample(0).spec;
  if (priority !== 0) {
    const metadata = { name: className(priority) };
    await client.create(
      priorityClass,
      newObject<PriorityClass>(priorityClass, metadata, { value: priority }),
    );
  }
  await inParallel(initial.length, (index) => {
    const { metadata, spec } = asPod(initial[index] as PodObject);
    const placed = { ...spec, nodeName: `node-${index % nodes}`, terminationGracePeriodSeconds: 0 };
    return client.create(pod, newObject<Pod>(pod, metadata, { spec: placed }));
  });
}

/** Follows the pods: when each was first seen bound, and whether it was ever told that no node takes it. */
class Watcher {
  readonly boundMs = new Map<string, number>();
  readonly unschedulable = new Set<string>();
  #wanted: { readonly done: () => boolean; readonly resolve: () => void } | undefined;

  async run(client: Client, signal: AbortSignal): Promise<void> {
    for await (const event of client.watch(pod, { signal })) {
      if (event.type === "BOOKMARK") continue;
      const { metadata, spec, status } = event.object;
      const name = metadata.name ?? "";
      const isNew = name.startsWith("pod-") && !this.boundMs.has(name);
      if ((spec.nodeName ?? "") !== "" && isNew) this.boundMs.set(name, performance.now());
      if ((status?.conditions ?? []).some(({ reason }) => reason === "Unschedulable"))
        this.unschedulable.add(name);
      if (this.#wanted?.done() === true) this.#wanted.resolve();
    }
  }

  until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = { done, resolve };
      if (done()) resolve();
    });
  }
}

/** The pods' events and explanations may come after the bindings, but they belong to the work. */
async function allTold(client: Client): Promise<void> {
  let before = -1;
  for (let told = await countTold(client); told > before; told = await countTold(client)) {
    before = told;
    await setTimeout(toldPollMs);
  }
}

async function countTold(client: Client): Promise<number> {
  let count = 0;
  for (const kind of [event, schedulingDecision]) {
    const { items, metadata } = await client.list<KubeObject>(kind, { limit: 1 });
    count += items.length + (metadata.remainingItemCount ?? 0);
  }
  return count;
}

export async function measureBindings(work: Workload, nodes: number, pods: number): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), "nagi-bench-"));
  const log = createLogger({ level: "warn", write: (line) => process.stderr.write(line) });
  const store = await openStore({ path: join(directory, "store.db"), log });
  const clock = systemClock;
  const api = await createApiServer({
    store,
    kinds: allKinds,
    clock,
    log,
    version: "0.0.0",
    directory,
    users: [masters],
    serviceCidr: "10.96.0.0/16",
    caPem: "",
  });
  const client = api.clientFor(masters);
  const stop = new AbortController();
  const watcher = new Watcher();
  try {
    await inParallel(nodes, (index) => createNode(client, index));
    await createInitial(client, work, nodes);
    const scheduler = createScheduler({ client, clock, random: seededRandom(1), log });
    const running = Promise.all([scheduler.run(stop.signal), watcher.run(client, stop.signal)]);
    await inParallel(work.stuck.length, (index) => client.create(pod, asPod(work.stuck[index] as PodObject)));
    await watcher.until(() => watcher.unschedulable.size === work.stuck.length);
    const churn = new Churn(client, nodes);
    const createdMs: number[] = [];
    const startMs = performance.now();
    await inParallel(pods, async (index) => {
      createdMs[index] = performance.now();
      await client.create(pod, asPod(work.pod(index)));
      await churn.after(index, work, watcher);
    });
    await watcher.until(() => watcher.boundMs.size === pods);
    const seconds = (performance.now() - startMs) / 1000;
    await allTold(client);
    stop.abort();
    await running;
    const latenciesMs = createdMs.map((ms, index) => (watcher.boundMs.get(`pod-${index}`) ?? 0) - ms);
    return { seconds, latenciesMs };
  } finally {
    stop.abort();
    await store[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }
}
