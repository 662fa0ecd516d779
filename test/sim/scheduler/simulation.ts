/**
 * The whole scheduler against an API that misbehaves, with a clock that only moves when told, and nodes whose pods
 * end when told to. A run follows from its seed.
 */

import { setImmediate } from "node:timers/promises";
import { FakeClock } from "../../../src/lib/clock.ts";
import { silentLogger } from "../../../src/lib/log.ts";
import { seededRandom, type Random } from "../../../src/lib/random.ts";
import { node, type Node } from "../../../src/model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../../src/model/kinds/core/pod/pod.ts";
import { podGroup } from "../../../src/model/kinds/scheduling/podgroup/podgroup.ts";
import type { ObjectRef } from "../../../src/model/meta.ts";
import { isNotFound, isStatus } from "../../../src/model/status.ts";
import { createScheduler } from "../../../src/scheduler/loop/scheduler.ts";
import { defaultProfile } from "../../../src/scheduler/profiles.ts";
import { isFinished } from "../../../src/scheduler/snapshot/pod-info.ts";
import { fittingFor, couldPreempt, Judge, type MayGo } from "./judge.ts";
import { gangOf, Gangs, simGang } from "./gangs.ts";
import { mayGo, SimExtender } from "./sim-extender.ts";
import { packing, simNode, simPod } from "./sim-objects.ts";
import { UnstableClient } from "./unstable-client.ts";

const NODES = 4;
const MAX_PODS = 40;
const STEP_MS = 50;
/** While an extender thinks, and the watches are broken, nodes change more than once. */
const EXTENDED_VERSIONS = 12;

export class Simulation {
  readonly clock = new FakeClock();
  readonly random: Random;
  readonly client: UnstableClient;
  readonly judge: Judge;
  readonly #gangs = new Gangs();
  readonly #seed: number;
  /** Undefined where no extender is asked. */
  readonly #extender: SimExtender | undefined;
  readonly #mayGo: MayGo;
  #pods = 0;
  #groups = 0;
  #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(seed: number, { isExtended = false }: { readonly isExtended?: boolean } = {}) {
    this.#seed = seed;
    this.random = seededRandom(seed);
    const thinking = seededRandom(seed + 2);
    this.#extender = isExtended
      ? new SimExtender(this.clock, thinking, () => this.client.unstable)
      : undefined;
    this.#mayGo = isExtended ? mayGo : () => true;
    this.judge = new Judge(this.#mayGo, isExtended ? EXTENDED_VERSIONS : undefined);
    this.client = new UnstableClient({
      clock: this.clock,
      random: this.random,
      objects: Array.from({ length: NODES }, (_, index) => simNode(index)),
      onAsked: (uid, nodeName, pods) => {
        const mine = pods.find(({ metadata }) => metadata.uid === uid);
        if (mine !== undefined) this.judge.asked(mine, nodeName, pods);
      },
      onAnswered: (uid) => this.judge.answered(uid),
      onBinding: (ref, _nodeName, pods) => {
        const mine = pods.find(({ metadata }) => metadata.name === ref.name);
        if (mine !== undefined) this.judge.bound(mine);
      },
      onRefusal: (pods) => this.#gangs.disturbed(pods),
    });
  }

  async start(): Promise<void> {
    await this.#nodesChanged();
    this.#abort = new AbortController();
    const { client, clock } = this;
    const random = seededRandom(this.#seed + 1);
    const profiles = [defaultProfile(), defaultProfile(packing)];
    const extenders = this.#extender;
    const scheduler = createScheduler({ client, clock, random, profiles, extenders, log: silentLogger });
    this.#running = scheduler.run(this.#abort.signal);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async step(): Promise<void> {
    const { random } = this;
    const dice = random.next();
    if (dice < 0.41) await this.#createPod();
    else if (dice < 0.45) await this.#createGang();
    else if (dice < 0.6) await this.#withAnyPod((any) => this.#delete(any));
    else if (dice < 0.67) await this.#withAnyPod((any) => this.#finish(any));
    else if (dice < 0.75) await this.#endPods(1);
    else if (dice < 0.82) await this.#toggleNode();
    else if (dice < 0.9) await this.#changeNode(random.below(NODES));
    else if (dice < 0.93) this.client.expireWatches();
    else if (dice < 0.95) await this.#restart();
    else await this.#pass(random.below(3000));
    await this.#turns(random.below(12));
  }

  /** Lets everything come to rest: nothing fails any more, back-offs run out, pods that are to go are gone. */
  async rest(): Promise<void> {
    this.client.unstable = false;
    for (let round = 0; round < 16; round++) {
      this.clock.advance(11_000);
      await this.#turns(40);
      await this.#endPods(MAX_PODS);
      await this.#turns(40);
    }
  }

  /** Pods without a node that one of the nodes would take, at once or after pods of lower priority went. */
  async forgotten(): Promise<string[]> {
    const nodes = (await this.client.list(node)).items;
    const pods = (await this.client.list(pod)).items;
    const wait = pods.filter((each) => isWaiting(each) && gangOf(each) === undefined);
    const fitting = wait.filter((each) =>
      fittingFor(each, nodes, pods).some((name) => this.#mayGo(each, name)),
    );
    const pushing = wait.filter((each) =>
      couldPreempt(each, nodes, pods).some((name) => this.#mayGo(each, name)),
    );
    return [
      ...this.#gangs.faults(nodes, pods),
      ...fitting.map(({ metadata }) => `${metadata.name} fits`),
      ...pushing.map(({ metadata }) => `${metadata.name} could make room`),
    ];
  }

  async unexplained(): Promise<string[]> {
    const pods = (await this.client.list(pod)).items;
    return pods
      .filter((each) => (each.spec.nodeName ?? "") === "" && !isFinished(each))
      .filter(({ status }) => !(status?.conditions ?? []).some(({ reason }) => reason === "Unschedulable"))
      .map(({ metadata }) => metadata.name ?? "");
  }

  /**
   * With an extender in small steps: else its answers come before the scheduler can have heard of what happened long
   * before them.
   */
  async #pass(ms: number): Promise<void> {
    if (this.#extender === undefined) {
      this.clock.advance(ms);
      return;
    }
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      this.clock.advance(STEP_MS);
      await this.#turns(4);
    }
  }

  async #turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await setImmediate();
  }

  async #nodesChanged(): Promise<void> {
    this.judge.nodesAre((await this.client.list(node)).items);
  }

  async #createPod(): Promise<void> {
    if ((await this.client.list(pod)).items.length >= MAX_PODS) return;
    await this.client.create(pod, simPod(this.#pods++, this.random));
  }

  async #createGang(): Promise<void> {
    if ((await this.client.list(pod)).items.length >= MAX_PODS) return;
    const gang = simGang(this.#groups++, this.random);
    this.#gangs.made(gang);
    const first = this.random.next() < 0.5;
    if (first) await this.client.create(podGroup, gang.group);
    for (const each of gang.pods) {
      await this.client.create(pod, each);
      await this.#turns(this.random.below(6));
    }
    if (!first) await this.client.create(podGroup, gang.group);
  }

  /** But none of a gang: they stay, so that one sees whether they came whole. */
  async #withAnyPod(act: (any: Pod) => Promise<void>): Promise<void> {
    const pods = (await this.client.list(pod)).items.filter((each) => gangOf(each) === undefined);
    const any = pods[this.random.below(Math.max(1, pods.length))];
    if (any !== undefined) await act(any);
  }

  async #delete(any: Pod): Promise<void> {
    const ref = refTo(any);
    this.judge.podIsGone(any);
    await this.client.delete(pod, ref, { gracePeriodSeconds: 0 });
    // The same name again, at once: another pod.
    if (this.random.next() < 0.3) {
      const again = simPod(0, this.random);
      await this.client.create(pod, { ...again, metadata: { ...again.metadata, name: ref.name } });
    }
  }

  async #finish(any: Pod): Promise<void> {
    this.judge.podIsGone(any);
    const body = { status: { phase: "Succeeded" } };
    await this.client.patch(pod, refTo(any), { type: "merge", body }, { subresource: "status" });
  }

  /** What a node does with pods that are deleted with grace: they end some time later. */
  async #endPods(most: number): Promise<void> {
    const going = (await this.client.list(pod)).items.filter(isGoing).slice(0, most);
    for (const each of going) {
      this.judge.podIsGone(each);
      await this.client.delete(pod, refTo(each), { gracePeriodSeconds: 0 }).catch(unlessGone);
    }
  }

  async #toggleNode(): Promise<void> {
    const index = this.random.below(NODES);
    this.#gangs.disturbed((await this.client.list(pod)).items);
    try {
      await this.client.delete(node, { name: `node-${index}` });
    } catch (error) {
      if (!isStatus(error, "NotFound")) throw error;
      this.client.seed<Node>(simNode(index));
    }
    await this.#nodesChanged();
  }

  async #changeNode(index: number): Promise<void> {
    const effect = this.random.next() < 0.5 ? "PreferNoSchedule" : "NoSchedule";
    const taints = this.random.next() < 0.5 ? [] : [{ key: "old", effect }];
    const body = { spec: { unschedulable: this.random.next() < 0.3, taints } };
    await this.client.patch(node, { name: `node-${index}` }, { type: "merge", body }).catch(unlessGone);
    await this.#nodesChanged();
  }

  async #restart(): Promise<void> {
    await this.stop();
    this.#gangs.disturbed((await this.client.list(pod)).items);
    await this.start();
  }
}

function refTo({ metadata }: Pod): ObjectRef {
  return { namespace: "default", name: metadata.name ?? "" };
}

function isWaiting(each: Pod): boolean {
  return (each.spec.nodeName ?? "") === "" && !isFinished(each) && !isGoing(each);
}

function isGoing({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
