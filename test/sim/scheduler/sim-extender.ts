/** An extender that is slow, fails at times, and keeps some pods off some nodes. */

import { sleep, type Clock } from "../../../src/lib/clock.ts";
import type { Random } from "../../../src/lib/random.ts";
import type { Pod } from "../../../src/model/kinds/core/pod/pod.ts";
import type { Candidate } from "../../../src/scheduler/framework/plugin.ts";
import type {
  ExtenderAnswer,
  ExtenderSet,
  Preempting,
} from "../../../src/scheduler/loop/extenders/extenders.ts";
import type { NodeObject } from "../../../src/scheduler/snapshot/objects.ts";
import type { PodInfo } from "../../../src/scheduler/snapshot/pod-info.ts";
import { gangOf } from "./gangs.ts";

const MAX_DELAY_MS = 2000;

/** Follows from the names; gangs go anywhere, so that one knows whether there is room for them. */
export function mayGo({ metadata, spec }: Pod, nodeName: string): boolean {
  if (gangOf({ metadata, spec } as Pod) !== undefined) return true;
  return (numberOf(metadata.name ?? "") + numberOf(nodeName)) % 3 !== 0;
}

function numberOf(name: string): number {
  return Number(/\d+$/.exec(name)?.[0] ?? 0);
}

export class SimExtender implements ExtenderSet {
  readonly factor = 10;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #isUnstable: () => boolean;

  constructor(clock: Clock, random: Random, isUnstable: () => boolean) {
    this.#clock = clock;
    this.#random = random;
    this.#isUnstable = isUnstable;
  }

  judge(): boolean {
    return true;
  }

  preempts(): boolean {
    return true;
  }

  binderOf(): undefined {
    return undefined;
  }

  async ask(pod: PodInfo, nodes: readonly NodeObject[], signal: AbortSignal): Promise<ExtenderAnswer> {
    await this.#think(signal);
    const names = nodes.map(({ metadata }) => metadata.name ?? "");
    const taken = names.filter((name) => mayGo(pod.object as Pod, name));
    const refused = new Map(names.filter((name) => !taken.includes(name)).map((name) => [name, "not here"]));
    // Not of gangs: what the first of them takes may be what the second needs.
    const isAlone = gangOf(pod.object as Pod) === undefined;
    const points = new Map(taken.map((name) => [name, isAlone ? this.#random.below(11) : 0]));
    const opinion = { extender: "sim", filters: true, refused, points, weight: 1 };
    return { opinions: [opinion], taken: new Set(taken) };
  }

  async preempt(
    pod: PodInfo,
    candidates: readonly Candidate[],
    { signal }: Preempting,
  ): Promise<readonly Candidate[]> {
    await this.#think(signal);
    return candidates.filter(({ nodeName }) => mayGo(pod.object as Pod, nodeName));
  }

  async #think(signal: AbortSignal): Promise<void> {
    if (!this.#isUnstable()) return;
    await sleep(this.#clock, this.#random.below(MAX_DELAY_MS), signal);
    if (this.#random.next() < 0.1) throw new Error("the extender is out of order");
  }
}
