/**
 * The whole scheduler against an API that misbehaves, with a clock that only moves when told. At every binding:
 * no rule is broken by it and no pod is bound twice. At the end, when all has come to rest: no pod was forgotten,
 * which the oracle decides. A run follows from its seed, which is in the name of the test.
 */

import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { FakeClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { seededRandom, type Random } from "../../src/lib/random.ts";
import { node, type Node } from "../../src/model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../src/model/kinds/core/pod/pod.ts";
import { newObject } from "../../src/model/kind.ts";
import { keyOf, type ObjectRef } from "../../src/model/meta.ts";
import { isStatus } from "../../src/model/status.ts";
import { createScheduler } from "../../src/scheduler/loop/scheduler.ts";
import { isFinished } from "../../src/scheduler/snapshot/pod-info.ts";
import { ask } from "../../src/scheduler/testing/oracle.ts";
import { UnstableClient } from "./unstable-client.ts";

const SEEDS = 12;
const STEPS = 120;
const NODES = 4;
const MAX_PODS = 40;

const zones = ["a", "b"];

function simNode(index: number): Node {
  const name = `node-${index}`;
  const allocatable = { cpu: index % 2 === 0 ? "1" : "600m", memory: "1Gi", pods: "5" };
  const labels = { "kubernetes.io/hostname": name, zone: zones[index % zones.length] ?? "" };
  return newObject<Node>(
    node,
    { name, labels },
    { spec: {}, status: { allocatable, capacity: allocatable } },
  );
}

function simPod(number: number, random: Random): Pod {
  const ports = random.next() < 0.3 ? [{ containerPort: 80, hostPort: 80 + random.below(2) }] : [];
  const requests = { cpu: `${100 * (1 + random.below(4))}m`, memory: "64Mi" };
  const nodeSelector = random.next() < 0.3 ? { zone: zones[random.below(2)] ?? "" } : undefined;
  const tolerations = random.next() < 0.2 ? [{ operator: "Exists" as const }] : undefined;
  const priority = random.below(3);
  const containers = [{ name: "c", image: "i", ports, resources: { requests } }];
  const spec = { containers, nodeSelector, tolerations, priority };
  return newObject<Pod>(pod, { name: `pod-${number}`, namespace: "default" }, { spec });
}

class Simulation {
  readonly clock = new FakeClock();
  readonly random: Random;
  readonly client: UnstableClient;
  readonly #seed: number;
  readonly #bound = new Map<string, string>();
  readonly broken: string[] = [];
  #pods = 0;
  #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(seed: number) {
    this.#seed = seed;
    this.random = seededRandom(seed);
    this.client = new UnstableClient({
      clock: this.clock,
      random: this.random,
      objects: Array.from({ length: NODES }, (_, index) => simNode(index)),
      onBinding: (ref, nodeName, pods) => this.#checkBinding(ref, nodeName, pods),
    });
  }

  start(): void {
    this.#abort = new AbortController();
    const { client, clock } = this;
    const random = seededRandom(this.#seed + 1);
    this.#running = createScheduler({ client, clock, random, log: silentLogger }).run(this.#abort.signal);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await setImmediate();
  }

  async step(): Promise<void> {
    const { random } = this;
    const dice = random.next();
    if (dice < 0.45) await this.#createPod();
    else if (dice < 0.65) await this.#withAnyPod((ref) => this.#delete(ref));
    else if (dice < 0.72) await this.#withAnyPod((ref) => this.#finish(ref));
    else if (dice < 0.82) await this.#toggleNode();
    else if (dice < 0.9) await this.#change(random.below(NODES));
    else if (dice < 0.93) this.client.expireWatches();
    else if (dice < 0.95) await this.#restart();
    else this.clock.advance(random.below(3000));
    await this.turns(random.below(12));
  }

  /** Lets everything come to rest: nothing fails any more, and back-offs run out. */
  async rest(): Promise<void> {
    this.client.unstable = false;
    for (let round = 0; round < 12; round++) {
      this.clock.advance(11_000);
      await this.turns(60);
    }
  }

  /** Pods without a node that one of the nodes would take. */
  async forgotten(): Promise<string[]> {
    const nodes = (await this.client.list(node)).items;
    const pods = (await this.client.list(pod)).items;
    const placed = pods.filter((each) => (each.spec.nodeName ?? "") !== "" && !isFinished(each));
    const placements = placed.map((each) => ({ pod: each, nodeName: each.spec.nodeName ?? "" }));
    return pods
      .filter((each) => (each.spec.nodeName ?? "") === "" && !isFinished(each))
      .filter((each) => ask(nodes, placements, each).totals.size > 0)
      .map(({ metadata }) => metadata.name ?? "");
  }

  async unexplained(): Promise<string[]> {
    const pods = (await this.client.list(pod)).items;
    return pods
      .filter((each) => (each.spec.nodeName ?? "") === "" && !isFinished(each))
      .filter(({ status }) => !(status?.conditions ?? []).some(({ reason }) => reason === "Unschedulable"))
      .map(({ metadata }) => metadata.name ?? "");
  }

  #checkBinding(ref: ObjectRef, nodeName: string, pods: readonly Pod[]): void {
    const key = keyOf(ref);
    const mine = pods.find(({ metadata }) => metadata.name === ref.name);
    const identity = mine?.metadata.uid ?? key;
    if (this.#bound.has(identity)) this.broken.push(`${key} was bound twice`);
    this.#bound.set(identity, nodeName);
    const index = Number(nodeName.slice("node-".length));
    const others = pods.filter((each) => each.spec.nodeName === nodeName && !isFinished(each));
    const placements = others.map((each) => ({ pod: each, nodeName }));
    if (mine === undefined) return;
    const { rejected } = ask([simNode(index)], placements, mine);
    for (const reason of rejected.get(nodeName) ?? []) this.broken.push(`${key} on ${nodeName}: ${reason}`);
  }

  async #createPod(): Promise<void> {
    if ((await this.client.list(pod)).items.length >= MAX_PODS) return;
    await this.client.create(pod, simPod(this.#pods++, this.random));
  }

  async #withAnyPod(act: (ref: ObjectRef) => Promise<void>): Promise<void> {
    const pods = (await this.client.list(pod)).items;
    const any = pods[this.random.below(Math.max(1, pods.length))];
    if (any !== undefined) await act({ namespace: "default", name: any.metadata.name ?? "" });
  }

  async #delete(ref: ObjectRef): Promise<void> {
    await this.client.delete(pod, ref, { gracePeriodSeconds: 0 });
    // The same name again, at once: another pod.
    if (this.random.next() < 0.3) {
      const again = simPod(0, this.random);
      await this.client.create(pod, { ...again, metadata: { ...again.metadata, name: ref.name } });
    }
  }

  async #finish(ref: ObjectRef): Promise<void> {
    const body = { status: { phase: "Succeeded" } };
    await this.client.patch(pod, ref, { type: "merge", body }, { subresource: "status" });
  }

  async #toggleNode(): Promise<void> {
    const index = this.random.below(NODES);
    try {
      await this.client.delete(node, { name: `node-${index}` });
    } catch (error) {
      if (!isStatus(error, "NotFound")) throw error;
      this.client.seed(simNode(index));
    }
  }

  async #change(index: number): Promise<void> {
    const taints = this.random.next() < 0.5 ? [] : [{ key: "old", effect: "PreferNoSchedule" }];
    const body = { spec: { unschedulable: this.random.next() < 0.3, taints } };
    try {
      await this.client.patch(node, { name: `node-${index}` }, { type: "merge", body });
    } catch (error) {
      if (!isStatus(error, "NotFound")) throw error;
    }
  }

  async #restart(): Promise<void> {
    await this.stop();
    this.start();
  }
}

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`a cluster in trouble, seed ${seed}`, async () => {
    const simulation = new Simulation(seed);
    simulation.start();
    for (let step = 0; step < STEPS; step++) {
      await simulation.step();
      expect(simulation.broken).toEqual([]);
    }
    await simulation.rest();
    expect(simulation.broken).toEqual([]);
    expect(await simulation.forgotten()).toEqual([]);
    expect(await simulation.unexplained()).toEqual([]);
    await simulation.stop();
  });
}
