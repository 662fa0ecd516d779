/**
 * The scheduler as a service: follows pods and nodes, decides about one pod after the other, binds on the side.
 *
 * What must stay true: a decision sees every earlier one (pods are counted on their node from the decision on);
 * a pod that is ours is never forgotten: it is in the queue, being bound, or bound; an event that could let a
 * waiting pod in wakes it at once.
 */

import { setImmediate } from "node:timers/promises";
import type { Client } from "../../client/client.ts";
import { Informer } from "../../client/informer.ts";
import type { BackoffOptions } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { MetricsRegistry } from "../../lib/metrics.ts";
import { seededRandom, type Random } from "../../lib/random.ts";
import { node as nodeKind, type Node } from "../../model/kinds/core/node/node.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import type { SchedulingDecisionSpec } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import type { Decider, Decision } from "../decide.ts";
import { unschedulableMessage } from "../explain/message.ts";
import type { ClusterEvent } from "../framework/events.ts";
import type { Profile } from "../framework/profile.ts";
import { defaultProfile } from "../profiles.ts";
import { SchedulingQueue, type QueuedPod } from "../queue/scheduling-queue.ts";
import { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Binder, type BindResult } from "./binder.ts";
import { Deciders, hasKey } from "./deciders.ts";
import { Evictions } from "./evictions.ts";
import { Feed } from "./feed.ts";
import { Gangs } from "./gangs.ts";
import { Placements } from "./placements.ts";
import { Recorders } from "./recorders.ts";
import { RelatedFeed } from "./related-feed.ts";
import { Reports } from "./reports.ts";
import { Rescue } from "./rescue.ts";
import { Rush } from "./rush.ts";
import { SchedulerMetrics, type AttemptResult, type SchedulerState } from "./scheduler-metrics.ts";

/** Decisions in a row before everything else in the process gets its turn. */
const MAX_DECISIONS_PER_TURN = 64;
const MAX_TURN_MS = 5;
/** More pods than this to decide about, or in one second, is a rush, in which explanations are short. */
const RUSH = 100;

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Pods that name another scheduler are left alone; `default-scheduler` when absent. */
  readonly schedulerName?: string | undefined;
  /** Makes the draws among equals follow from this number instead of `random`. */
  readonly seed?: number | undefined;
  /** Which plugins decide; the default profile when absent. */
  readonly profile?: Profile | undefined;
  /** In place of `profile` and `schedulerName`: several, each for the pods that name it, on one view of the cluster. */
  readonly profiles?: readonly Profile[] | undefined;
  /** After a failure that is not the pod's. */
  readonly backoff?: BackoffOptions | undefined;
  /** Asked right before each binding; false once another process may have taken over. */
  readonly mayBind?: (() => boolean) | undefined;
  readonly metrics?: SchedulerMetrics | undefined;
  /** For durations; the clock when absent. */
  readonly monotonicMs?: (() => number) | undefined;
}

export interface Scheduler {
  /** Schedules until the signal aborts and the bindings under way have ended. */
  run(signal: AbortSignal): Promise<void>;
  /** What of the API it does not know yet, by kind; nothing when it can decide. */
  unsynced(): readonly string[];
  /** Undefined while it does not run. */
  state(): SchedulerState | undefined;
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  let loop: Loop | undefined;
  return {
    async run(signal) {
      loop = new Loop(options);
      try {
        await loop.run(signal);
      } finally {
        loop = undefined;
      }
    },
    unsynced: () => loop?.unsynced ?? ["everything"],
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
  readonly #bindings = new Set<Promise<void>>();
  readonly #rush: Rush;
  readonly #monotonicMs: () => number;
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
    const monotonicMs = this.#monotonicMs;
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
    this.#related = new RelatedFeed({
      client,
      cluster,
      kinds: deciders.relatedKinds(),
      onEvent: (event) => this.#relatedChanged(event),
      clock,
      log,
    });
    this.#placements = new Placements({
      client,
      cluster,
      profiles,
      related: this.#related,
      metrics,
      monotonicMs,
      clock,
    });
    this.#binder = new Binder({
      client,
      clock,
      hasNode: (name) => cluster.rowOf(name) !== undefined,
      mayBind: options.mayBind,
    });
    const profileOf = (pod: PodInfo): Profile => deciders.of(pod).profile;
    this.#reports = new Reports({ client, cluster, recorders, profileOf, seed, isBusy, clock, log });
    this.#gangs = new Gangs({
      deciders,
      queue: this.#queue,
      placements: this.#placements,
      reports: this.#reports,
      clock,
    });
    this.#evictions = this.#newEvictions();
    this.#rescue = this.#newRescue();
    this.#feed = this.#newFeed();
    this.#nodes = new Informer({ client, kind: nodeKind, clock, log });
    this.#pods = new Informer({ client, kind: podKind, clock, log });
  }

  #newEvictions(): Evictions {
    const { client, clock, log } = this.#options;
    return new Evictions({
      client,
      recorders: this.#recorders,
      clock,
      log,
      onFailed: ({ uid }) => {
        // First it is to wait, for the room that it gives up wakes whoever waits there.
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
      onGated: (pod) => this.#reports.gated(pod),
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

  get state(): SchedulerState {
    const { cluster } = this.#deciders;
    return {
      entries: this.#queue.entries(),
      gated: this.#feed.gatedCount,
      nodes: cluster.nodeCount,
      pods: cluster.podCount,
      assumed: this.#feed.assumedCount,
      profileOf: ({ info }) => this.#deciders.of(info).profile,
      rejectedBy: (entry) => this.#queue.rejectedBy(entry),
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#nodes.onChange((change) => this.#feed.nodeChanged(change));
    this.#pods.onChange((change) => this.#feed.podChanged(change));
    const feeds = Promise.all([this.#nodes.run(signal), this.#related.run(signal), this.#pods.run(signal)]);
    const wakeAtEnd = (): void => this.#wake.resolve();
    signal.addEventListener("abort", wakeAtEnd, { once: true });
    for (const each of [this.#nodes, this.#related, this.#pods]) await each.waitForSync(signal);
    while (!signal.aborted) await this.#turn(signal);
    await Promise.all(this.#bindings);
    await this.#evictions.settled();
    await this.#reports.close();
    await this.#recorders.close();
    await feeds;
  }

  /** Decides about some pods, or waits until there is one to decide about. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    this.#wake = Promise.withResolvers();
    const endMs = clock.now() + MAX_TURN_MS;
    for (let count = 0; count < MAX_DECISIONS_PER_TURN && this.#binder.hasRoom; count++) {
      if (clock.now() > endMs) break;
      const entry = this.#queue.take();
      if (entry === undefined) break;
      this.#decide(entry, signal);
    }
    const dueMs = this.#queue.release(clock.now());
    this.#reports.idle();
    if (this.#queue.activeCount > 0 && this.#binder.hasRoom) {
      await setImmediate();
      return;
    }
    const timer =
      dueMs === undefined ? undefined : clock.after(dueMs - clock.now(), () => this.#wake.resolve());
    await this.#wake.promise;
    timer?.cancel();
  }

  #decide(entry: QueuedPod, signal: AbortSignal): void {
    const { info } = entry;
    this.#rush.note();
    const startMs = this.#monotonicMs();
    const decider = this.#deciders.of(info);
    try {
      const group = this.#gangs.groupToTry(info);
      if (group !== undefined) {
        this.#decideTogether(entry, { group, startMs }, signal);
        return;
      }
      const decision = decider.decide(info, hasKey(entry.key) ? entry.key : undefined);
      this.#metrics.decided(this.#monotonicMs() - startMs);
      if (decision.chosen === undefined) {
        this.#noNode(entry, decider, decision);
        this.#attempted(entry, decider.profile, { result: "unschedulable", startMs });
      } else {
        this.#place(entry, { decider, decision, nodeName: decision.chosen.nodeName, startMs }, signal);
      }
    } catch (error) {
      // A fault of ours or of a plugin: that pod says so and is tried again, the others go on.
      this.#options.log.error("cannot decide", { pod: info.key, error });
      this.#reports.failed(podOf(entry), messageOf(error));
      this.#attempted(entry, decider.profile, { result: "error", startMs });
      this.#retry(entry);
    }
  }

  #decideTogether(
    entry: QueuedPod,
    { group, startMs }: { group: string; startMs: number },
    signal: AbortSignal,
  ): void {
    for (const { entry: member, nodeName, spec } of this.#gangs.decide(entry, group)) {
      const { profile } = this.#deciders.of(member.info);
      this.#take(member, { profile, nodeName, spec, startMs }, signal);
    }
  }

  #attempted({ info }: QueuedPod, profile: Profile, end: { result: AttemptResult; startMs: number }): void {
    const ms = this.#monotonicMs() - end.startMs;
    this.#metrics.attempted(info.uid, profile, { result: end.result, ms });
  }

  #retry(entry: QueuedPod): void {
    this.#metrics.incoming("ScheduleAttemptFailure", "backoff");
    this.#queue.retry(entry, this.#options.clock.now());
  }

  #noNode(entry: QueuedPod, decider: Decider, decision: Decision): void {
    const { cluster } = decider;
    const rejectedBy = decider.rejectedBy(decision);
    const { uid } = entry.info;
    const roomBefore = cluster.nominations.of(uid);
    const { message, nomination } = this.#rescue.ask(entry, decider, decision);
    const roomAt = cluster.nominations.of(uid)?.row;
    const nominatedNodeName =
      nomination?.nodeName ?? (roomAt === undefined ? undefined : cluster.nodeName(roomAt));
    const sentence = `${unschedulableMessage(cluster.nodeCount, decision.evaluation)}${message}`;
    this.#reports.unschedulable(podOf(entry), decision, { message: sentence, nominatedNodeName });
    if (nomination !== undefined) this.#rescue.makeRoom(entry.info, nomination);
    this.#feed.roomMoved(uid, roomBefore);
    this.#metrics.incoming("ScheduleAttemptFailure", "unschedulable");
    this.#queue.wait(entry, rejectedBy, cluster.nominations.of(uid)?.row);
  }

  #place(entry: QueuedPod, placing: Placing, signal: AbortSignal): void {
    const { decision, nodeName, startMs } = placing;
    const { profile } = placing.decider;
    const spec = this.#reports.explainPlaced(decision);
    const refusal = this.#placements.reserve(profile, entry.info, nodeName);
    if (refusal !== undefined) {
      this.#attempted(entry, profile, { result: "error", startMs });
      this.#bindFailed(entry, refusal);
      return;
    }
    this.#take(entry, { profile, nodeName, spec, startMs }, signal);
  }

  /** From now on the pod counts on the node; the binding goes on beside. */
  #take(entry: QueuedPod, placed: Placed, signal: AbortSignal): void {
    this.#feed.assume(entry.info, placed.nodeName);
    this.#queue.placed(entry);
    const binding = this.#bind(entry, placed, signal).finally(() => {
      this.#bindings.delete(binding);
      this.#wake.resolve();
    });
    this.#bindings.add(binding);
  }

  async #bind(entry: QueuedPod, placed: Placed, signal: AbortSignal): Promise<void> {
    const { info } = entry;
    const { profile, nodeName, spec, startMs } = placed;
    // "No node takes the pod" must not be written after the binding.
    const writing = this.#reports.quiet(info.uid);
    if (writing !== undefined) await writing;
    const refusal = this.#placements.hasSteps(profile, info)
      ? await this.#placements.prepare(profile, { pod: info, nodeName }, signal)
      : undefined;
    const bindMs = this.#monotonicMs();
    const result: BindResult =
      refusal === undefined
        ? await this.#binder.bind(info, nodeName, signal)
        : { type: "failed", message: refusal };
    const isBound = result.type === "bound";
    const endMs = this.#monotonicMs();
    if (refusal === undefined) {
      this.#metrics.point("Bind", profile, { isGood: isBound, ms: endMs - bindMs });
    }
    this.#attempted(entry, profile, { result: isBound ? "scheduled" : "error", startMs });
    if (isBound) {
      this.#metrics.bound(info.uid, endMs);
      this.#reports.placed(podOf(entry), spec);
    } else if (!signal.aborted) this.#undo(entry, { profile, nodeName, message: result.message });
  }

  #undo(
    entry: QueuedPod,
    { profile, nodeName, message }: { profile: Profile; nodeName: string; message: string },
  ): void {
    this.#placements.unreserve(profile, entry.info, nodeName);
    this.#feed.forget(entry.info.uid);
    this.#bindFailed(entry, message);
  }

  #bindFailed(entry: QueuedPod, message: string): void {
    // A pod that is gone or has a node by now is in the queue no more: there is nothing to tell.
    if (this.#queue.get(entry.info.uid) !== entry) return;
    this.#options.log.info("cannot bind, trying again", { pod: entry.info.key, message });
    const pod = podOf(entry);
    this.#recorders.of(pod).event(pod, "Warning", "FailedScheduling", message);
    this.#retry(entry);
  }
}

interface Placing {
  readonly decider: Decider;
  readonly decision: Decision;
  readonly nodeName: string;
  readonly startMs: number;
}

interface Placed {
  readonly profile: Profile;
  readonly nodeName: string;
  readonly spec: SchedulingDecisionSpec;
  readonly startMs: number;
}

function profilesOf({ profiles, profile, schedulerName }: SchedulerOptions): readonly Profile[] {
  return profiles ?? [profile ?? defaultProfile(schedulerName)];
}

/** The feed makes entries from pods of the API only. */
function podOf(entry: QueuedPod): Pod {
  return entry.info.object as Pod;
}
