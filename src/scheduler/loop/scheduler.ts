/**
 * The scheduler as a service: follows pods and nodes, decides about one pod after the other, binds on the side.
 *
 * What must stay true: a decision sees every earlier one (pods are counted on their node from the decision on);
 * a pod that is ours is never forgotten: it is in the queue, being bound, or bound; an event that could let a
 * waiting pod in wakes it at once.
 */

import { setImmediate } from "node:timers/promises";
import { Informer } from "../../client/informer.ts";
import { MetricsRegistry } from "../../lib/metrics.ts";
import { seededRandom, type Random } from "../../lib/random.ts";
import { untilAborted } from "../../lib/until-aborted.ts";
import { node as nodeKind, type Node } from "../../model/kinds/core/node/node.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import type { Decider } from "../decide.ts";
import type { ClusterEvent } from "../framework/events.ts";
import type { Profile } from "../framework/profile.ts";
import { defaultProfile } from "../profiles.ts";
import { SchedulingQueue } from "../queue/scheduling-queue.ts";
import { Cluster } from "../snapshot/cluster.ts";
import type { PodObject } from "../snapshot/objects.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Attempts } from "./attempts.ts";
import { Binder } from "./binder.ts";
import { Bindings } from "./bindings.ts";
import { Deciders } from "./deciders.ts";
import { Evictions } from "./evictions.ts";
import { createAskers, type Askers } from "./extenders/askers.ts";
import type { ExtenderSet } from "./extenders/extenders.ts";
import { Feed } from "./feed.ts";
import { Gangs } from "./gangs.ts";
import { Placements } from "./placements.ts";
import { Recorders } from "./recorders.ts";
import { RelatedFeed } from "./related-feed.ts";
import { Reports } from "./reports.ts";
import { Rescue } from "./rescue.ts";
import { Rush } from "./rush.ts";
import { SchedulerMetrics, type SchedulerState } from "./scheduler-metrics.ts";
import type { Scheduler, SchedulerOptions } from "./scheduler-options.ts";

/** Decisions in a row before everything else in the process gets its turn. */
const MAX_DECISIONS_PER_TURN = 64;
const MAX_TURN_MS = 5;
/** More pods than this to decide about, or in one second, is a rush, in which explanations are short. */
const RUSH = 100;

export function createScheduler(options: SchedulerOptions): Scheduler {
  let loop: Loop | undefined;
  return {
    async run(signal, turn) {
      loop = new Loop(options);
      try {
        await loop.run(signal, turn);
      } finally {
        loop = undefined;
      }
    },
    unsynced: () => loop?.unsynced ?? ["everything"],
    deciderFor: (pod) => loop?.deciderFor(pod),
    state: () => loop?.state,
  };
}

class Loop {
  readonly #options: SchedulerOptions;
  readonly #deciders: Deciders;
  readonly #queue: SchedulingQueue;
  readonly #feed: Feed;
  readonly #related: RelatedFeed;
  readonly #binder: Binder;
  readonly #placements: Placements;
  readonly #reports: Reports;
  readonly #gangs: Gangs;
  readonly #evictions: Evictions;
  readonly #rescue: Rescue;
  readonly #metrics: SchedulerMetrics;
  readonly #recorders: Recorders;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #bindings: Bindings;
  readonly #attempts: Attempts;
  readonly #rush: Rush;
  readonly #monotonicMs: () => number;
  /** Undefined when there are no extenders. */
  readonly #askers: Askers | undefined;
  #signal = AbortSignal.abort();
  /** False while another scheduler acts. */
  #acts = false;
  #wake = Promise.withResolvers<void>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const {
      client,
      clock,
      random,
      log,
      seed,
      metrics = new SchedulerMetrics(new MetricsRegistry()),
    } = options;
    const profiles = profilesOf(options);
    this.#metrics = metrics;
    this.#monotonicMs = options.monotonicMs ?? (() => clock.now());
    const cluster = new Cluster();
    const deciders = new Deciders({
      profiles,
      cluster,
      random: seed === undefined ? random : seededRandom(seed),
    });
    this.#deciders = deciders;
    this.#queue = new SchedulingQueue(
      (event, pod, rejectedBy) => deciders.couldHelp(event, pod, rejectedBy),
      options.backoff,
    );
    this.#rush = new Rush(clock, RUSH);
    const isBusy = (): boolean =>
      this.#rush.isOn || this.#queue.activeCount > RUSH || this.#bindings.size > RUSH;
    this.#recorders = new Recorders(profiles, { client, isBusy, clock, log });
    const recorders = this.#recorders;
    const onEvent = (event: ClusterEvent): void => this.#relatedChanged(event);
    const kinds = deciders.relatedKinds();
    this.#related = new RelatedFeed({ client, cluster, kinds, onEvent, clock, log });
    const related = this.#related;
    const monotonicMs = this.#monotonicMs;
    this.#placements = new Placements({
      client,
      cluster,
      profiles,
      related,
      metrics,
      monotonicMs,
      clock,
      log,
    });
    const profileOf = (pod: PodInfo): Profile => deciders.of(pod).profile;
    this.#reports = new Reports({
      keepsDecisions: options.keepsDecisions,
      client,
      cluster,
      recorders,
      profileOf,
      seed,
      isBusy,
      clock,
      log,
    });
    const [queue, placements, reports] = [this.#queue, this.#placements, this.#reports];
    this.#gangs = new Gangs({ deciders, queue, placements, reports, clock });
    this.#evictions = this.#newEvictions();
    this.#rescue = this.#newRescue();
    this.#feed = this.#newFeed();
    this.#binder = this.#newBinder();
    this.#bindings = this.#newBindings();
    this.#attempts = this.#newAttempts();
    const { extenders } = options;
    this.#askers = extenders === undefined ? undefined : this.#newAskers(extenders, random);
    this.#nodes = new Informer({ client, kind: nodeKind, clock, log });
    this.#pods = new Informer({ client, kind: podKind, clock, log });
  }

  #newBinder(): Binder {
    const { client, clock, mayBind, extenders } = this.#options;
    const { cluster } = this.#deciders;
    return new Binder({
      client,
      clock,
      hasNode: (name) => cluster.rowOf(name) !== undefined,
      mayBind,
      binderOf: (pod) => extenders?.binderOf(pod),
    });
  }

  #newBindings(): Bindings {
    const { clock, log } = this.#options;
    return new Bindings({
      feed: this.#feed,
      queue: this.#queue,
      placements: this.#placements,
      binder: this.#binder,
      reports: this.#reports,
      recorders: this.#recorders,
      metrics: this.#metrics,
      monotonicMs: this.#monotonicMs,
      clock,
      log,
      wake: () => this.#wake.resolve(),
    });
  }

  #newAttempts(): Attempts {
    return new Attempts({
      deciders: this.#deciders,
      queue: this.#queue,
      feed: this.#feed,
      bindings: this.#bindings,
      gangs: this.#gangs,
      rescue: this.#rescue,
      reports: this.#reports,
      rush: this.#rush,
      metrics: this.#metrics,
      askers: () => this.#askers,
      monotonicMs: this.#monotonicMs,
      log: this.#options.log,
      signal: () => this.#signal,
    });
  }

  #newEvictions(): Evictions {
    const { client, clock, log } = this.#options;
    return new Evictions({
      client,
      recorders: this.#recorders,
      clock,
      log,
      onFailed: ({ uid }) => {
        // First, so that the room that it gives up does not wake the pod itself at once.
        this.#queue.waitedInVain(uid, clock.now());
        this.#feed.giveUpRoom(uid);
        this.#wake.resolve();
      },
    });
  }

  #newRescue(): Rescue {
    return new Rescue({
      cluster: this.#deciders.cluster,
      queue: this.#queue,
      evictions: this.#evictions,
      giveUpRoom: (uid) => this.#feed.giveUpRoom(uid),
      metrics: this.#metrics,
      monotonicMs: this.#monotonicMs,
    });
  }

  #newAskers(extenders: ExtenderSet, random: Random): Askers {
    return createAskers({
      extenders,
      deciders: this.#deciders,
      queue: this.#queue,
      bindings: this.#bindings,
      gangs: this.#gangs,
      reports: this.#reports,
      random,
      monotonicMs: this.#monotonicMs,
      signal: () => this.#signal,
      noNode: (entry, decider, noNode) => this.#attempts.noNode(entry, decider, noNode, this.#signal),
      failed: (entry, { profile }, failed) => this.#attempts.failed(entry, profile, failed),
      decideTogether: (entry, tried) => this.#attempts.decideTogether(entry, tried, this.#signal),
      wake: () => this.#wake.resolve(),
    });
  }

  #newFeed(): Feed {
    return new Feed({
      deciders: this.#deciders,
      queue: this.#queue,
      metrics: this.#metrics,
      monotonicMs: this.#monotonicMs,
      wake: () => this.#wake.resolve(),
      onSettled: (uid) => this.#reports.settled(uid),
      onGone: (uid) => {
        this.#placements.gone(uid);
        this.#evictions.gone(uid);
        this.#reports.gone(uid);
      },
      onGated: (pod) => {
        if (this.#acts) this.#reports.gated(pod);
      },
    });
  }

  #relatedChanged(event: ClusterEvent): void {
    if (event.type === "RelatedChanged" && event.kind === "PodGroup") {
      const { namespace = "", name = "" } = event.object.metadata;
      this.#gangs.wake(`${namespace}/${name}`);
      this.#wake.resolve();
    }
    this.#feed.happened(event);
  }

  /** What has to be known before anything can be decided and is not yet. */
  get unsynced(): readonly string[] {
    const own = [this.#nodes, this.#pods].filter(({ hasSynced }) => !hasSynced);
    return [...own.map(({ kind }) => kind.plural), ...this.#related.unsynced];
  }

  deciderFor(pod: PodObject): Decider | undefined {
    return this.unsynced.length > 0 ? undefined : this.#deciders.forPod(pod);
  }

  get state(): SchedulerState {
    const { cluster } = this.#deciders;
    return {
      entries: this.#queue.entries(),
      gated: this.#feed.gated().length,
      nodes: cluster.nodeCount,
      pods: cluster.podCount,
      assumed: this.#feed.assumedCount,
      profileOf: ({ info }) => this.#deciders.of(info).profile,
      rejectedBy: (entry) => this.#queue.rejectedBy(entry),
    };
  }

  async run(signal: AbortSignal, turn?: Promise<void>): Promise<void> {
    this.#signal = signal;
    this.#nodes.onChange((change) => this.#feed.nodeChanged(change));
    this.#pods.onChange((change) => this.#feed.podChanged(change));
    const feeds = Promise.all([this.#nodes.run(signal), this.#related.run(signal), this.#pods.run(signal)]);
    const wakeAtEnd = (): void => this.#wake.resolve();
    signal.addEventListener("abort", wakeAtEnd, { once: true });
    for (const each of [this.#nodes, this.#related, this.#pods]) await each.waitForSync(signal);
    if (turn !== undefined) await untilAborted(turn, signal);
    this.#acts = true;
    if (!signal.aborted) for (const pod of this.#feed.gated()) this.#reports.gated(pod);
    while (!signal.aborted) await this.#turn(signal);
    await this.#askers?.extended.settled();
    await this.#bindings.settled();
    await this.#evictions.settled();
    await this.#reports.close();
    await this.#recorders.close();
    await feeds;
  }

  /** Whether what has been decided goes ahead fast enough to decide more. */
  get #hasRoom(): boolean {
    return this.#binder.hasRoom && this.#askers?.extended.hasRoom !== false;
  }

  /** Decides about some pods, or waits until there is one to decide about. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    this.#wake = Promise.withResolvers();
    const endMs = clock.now() + MAX_TURN_MS;
    for (let count = 0; count < MAX_DECISIONS_PER_TURN && this.#hasRoom; count++) {
      if (clock.now() > endMs) break;
      const entry = this.#queue.take();
      if (entry === undefined) break;
      this.#attempts.decide(entry, signal);
    }
    const dueMs = this.#queue.release(clock.now());
    this.#reports.idle();
    if (this.#queue.activeCount > 0 && this.#hasRoom) {
      await setImmediate();
      return;
    }
    const timer =
      dueMs === undefined ? undefined : clock.after(dueMs - clock.now(), () => this.#wake.resolve());
    await this.#wake.promise;
    timer?.cancel();
  }
}

function profilesOf({ profiles, profile, schedulerName }: SchedulerOptions): readonly Profile[] {
  return profiles ?? [profile ?? defaultProfile(schedulerName)];
}
