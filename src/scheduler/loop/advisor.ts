/**
 * Works out what would help pods that wait, while there is nothing to decide: in short turns, once for pods that are
 * alike, and not again at once when things change. On a cluster that is too large for that on the side it does
 * nothing; `nagi why` then works it out for who asks.
 */

import type { Clock, Timer } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import type { Suggestion } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { suggestSteps } from "../explain/suggest/suggest.ts";
import type { Profile } from "../framework/profile.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

/** Pods that find a node soon need no advice. */
const DELAY_MS = 500;
const TURN_MS = 3;
/** Between two turns, and while there is something better to do. */
const PAUSE_MS = 20;
/** After one piece of work, before the next: advice takes at most a small part of the time. */
const REST_MS = 1000;
const MAX_GROUPS = 64;
/** Of pods that are alike, so many get the advice in their decision. */
const MAX_PODS_PER_GROUP = 16;
/** Copying larger clusters takes too long on the side. */
const MAX_NODES = 1000;
const MAX_PODS = 20_000;

export interface AdvisorOptions {
  readonly cluster: Cluster;
  readonly profileOf: (pod: PodInfo) => Profile;
  readonly isBusy: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

type Tell = (suggestions: readonly Suggestion[]) => void;

/** Pods that are alike. */
interface Group {
  readonly pod: PodInfo;
  /** Who is to be told, by uid. */
  readonly tell: Map<string, Tell>;
}

interface Work {
  readonly group: Group;
  readonly steps: Generator<void, readonly Suggestion[]>;
}

export class Advisor {
  readonly #options: AdvisorOptions;
  /** That wait for their turn, by what their pods have in common. */
  readonly #groups = new Map<unknown, Group>();
  readonly #groupOf = new Map<string, Group>();
  #work: Work | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: AdvisorOptions) {
    this.#options = options;
  }

  /** `alike` is the same for pods that wait for the same reasons; `tell` is called if there is an answer in time. */
  ask(pod: PodInfo, alike: unknown, tell: Tell): void {
    this.forget(pod.uid);
    let group = this.#groups.get(alike);
    if (group === undefined) {
      if (this.#closed || this.#groups.size >= MAX_GROUPS) return;
      this.#groups.set(alike, (group = { pod, tell: new Map<string, Tell>() }));
    }
    if (group.tell.size >= MAX_PODS_PER_GROUP) return;
    group.tell.set(pod.uid, tell);
    this.#groupOf.set(pod.uid, group);
    this.#continueIn(DELAY_MS);
  }

  /** The pod waits no more, or for other reasons. */
  forget(uid: string): void {
    const group = this.#groupOf.get(uid);
    if (group === undefined) return;
    this.#groupOf.delete(uid);
    group.tell.delete(uid);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#groups.clear();
    this.#groupOf.clear();
    this.#work = undefined;
  }

  #continueIn(delayMs: number | undefined): void {
    if (delayMs === undefined || this.#closed || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#continueIn(this.#turn());
    });
  }

  /** After how long to go on; undefined when there is nothing left to do. */
  #turn(): number | undefined {
    const { isBusy, log } = this.#options;
    if (isBusy()) return PAUSE_MS;
    try {
      return this.#step();
    } catch (error) {
      // A plugin threw, as it will when the pod is tried next, which then hears of it.
      log.warn("cannot work out what would help", { pod: this.#work?.group.pod.key, error });
      this.#work = undefined;
      return REST_MS;
    }
  }

  #step(): number | undefined {
    const { clock } = this.#options;
    this.#work ??= this.#next();
    if (this.#work === undefined) return undefined;
    const { group, steps } = this.#work;
    for (const endMs = clock.now() + TURN_MS; clock.now() < endMs;) {
      const { done, value } = steps.next();
      if (done !== true) continue;
      this.#work = undefined;
      for (const [uid, tell] of group.tell) {
        this.#groupOf.delete(uid);
        tell(value);
      }
      return REST_MS;
    }
    return PAUSE_MS;
  }

  /** The next group in which somebody still waits. */
  #next(): Work | undefined {
    const { cluster, profileOf } = this.#options;
    for (const [alike, group] of this.#groups) {
      this.#groups.delete(alike);
      const isTooLarge = cluster.nodeCount > MAX_NODES || cluster.podCount > MAX_PODS;
      if (group.tell.size === 0 || isTooLarge) {
        for (const uid of group.tell.keys()) this.#groupOf.delete(uid);
        continue;
      }
      return { group, steps: suggestSteps(group.pod, { cluster, profile: profileOf(group.pod) }) };
    }
    return undefined;
  }
}
