/**
 * The scheduler as a service: follows pods and nodes, decides about one pod after the other, binds on the side.
 *
 * What must stay true: a decision sees every earlier one (pods are counted on their node from the decision on);
 * a pod that is ours is never forgotten: it is in the queue, being bound, or bound; an event that could let a
 * waiting pod in wakes it at once.
 */

import { setImmediate } from "node:timers/promises";
import type { Client } from "../../client/client.ts";
import { EventRecorder } from "../../client/event-recorder.ts";
import { Informer } from "../../client/informer.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { seededRandom, type Random } from "../../lib/random.ts";
import { node as nodeKind } from "../../model/kinds/core/node/node.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import type { SchedulingDecisionSpec } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { Decider, type Decision } from "../decide.ts";
import { unschedulableMessage } from "../explain/message.ts";
import type { PostFilterResult } from "../framework/plugin.ts";
import type { Profile } from "../framework/profile.ts";
import { defaultProfile, defaultSchedulerName } from "../profiles.ts";
import { SchedulingQueue, type QueuedPod } from "../queue/scheduling-queue.ts";
import { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Binder } from "./binder.ts";
import { Evictions } from "./evictions.ts";
import { Feed } from "./feed.ts";
import { Reports } from "./reports.ts";
import { Rush } from "./rush.ts";

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
}

type Nomination = NonNullable<PostFilterResult["nomination"]>;

export interface Scheduler {
  /** Schedules until the signal aborts and the bindings under way have ended. */
  run(signal: AbortSignal): Promise<void>;
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  return { run: (signal) => new Loop(options).run(signal) };
}

class Loop {
  readonly #options: SchedulerOptions;
  readonly #decider: Decider;
  readonly #queue: SchedulingQueue;
  readonly #feed: Feed;
  readonly #binder: Binder;
  readonly #reports: Reports;
  readonly #evictions: Evictions;
  readonly #recorder: EventRecorder;
  readonly #pods: Informer<Pod>;
  readonly #bindings = new Set<Promise<void>>();
  readonly #rush: Rush;
  #wake = Promise.withResolvers<void>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const { client, clock, random, log, seed, schedulerName = defaultSchedulerName } = options;
    const profile = options.profile ?? defaultProfile(schedulerName);
    const cluster = new Cluster();
    const decider = new Decider({
      profile,
      cluster,
      random: seed === undefined ? random : seededRandom(seed),
    });
    this.#decider = decider;
    this.#queue = new SchedulingQueue((event, pod, rejectedBy) => decider.couldHelp(event, pod, rejectedBy));
    this.#rush = new Rush(clock, RUSH);
    const isBusy = (): boolean =>
      this.#rush.isOn || this.#queue.activeCount > RUSH || this.#bindings.size > RUSH;
    this.#recorder = new EventRecorder({ client, component: profile.schedulerName, isBusy, clock, log });
    this.#binder = new Binder({
      client,
      profile,
      clock,
      hasNode: (name) => cluster.rowOf(name) !== undefined,
    });
    this.#reports = new Reports({
      client,
      cluster,
      recorder: this.#recorder,
      schedulerName: profile.schedulerName,
      seed,
      isBusy,
      clock,
      log,
    });
    this.#evictions = new Evictions({
      client,
      recorder: this.#recorder,
      schedulerName: profile.schedulerName,
      clock,
      log,
      onFailed: (preemptor) => this.#giveUpRoom(preemptor.uid),
    });
    this.#feed = new Feed({
      decider,
      queue: this.#queue,
      wake: () => this.#wake.resolve(),
      onSettled: (uid) => this.#reports.settled(uid),
      onGone: (uid) => {
        this.#evictions.gone(uid);
        this.#reports.gone(uid);
      },
      onGated: (pod) => this.#reports.gated(pod),
    });
    this.#pods = new Informer({ client, kind: podKind, clock, log });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { client, clock, log } = this.#options;
    const nodes = new Informer({ client, kind: nodeKind, clock, log });
    nodes.onChange((change) => this.#feed.nodeChanged(change));
    this.#pods.onChange((change) => this.#feed.podChanged(change));
    const informers = Promise.all([nodes.run(signal), this.#pods.run(signal)]);
    const wakeAtEnd = (): void => this.#wake.resolve();
    signal.addEventListener("abort", wakeAtEnd, { once: true });
    await nodes.waitForSync(signal);
    await this.#pods.waitForSync(signal);
    while (!signal.aborted) await this.#turn(signal);
    await Promise.all(this.#bindings);
    await this.#evictions.settled();
    await this.#reports.close();
    await this.#recorder.close();
    await informers;
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
    try {
      const decision = this.#decider.decide(info, entry.key);
      if (decision.chosen === undefined) this.#noNode(entry, decision);
      else this.#place(entry, { decision, nodeName: decision.chosen.nodeName }, signal);
    } catch (error) {
      // A fault of ours or of a plugin: that pod says so and is tried again, the others go on.
      this.#options.log.error("cannot decide", { pod: info.key, error });
      this.#reports.failed(podOf(entry), messageOf(error));
      this.#queue.retry(entry, this.#options.clock.now());
    }
  }

  #noNode(entry: QueuedPod, decision: Decision): void {
    const { cluster } = this.#decider;
    const rejectedBy = this.#decider.rejectedBy(decision);
    const { message, nomination } = this.#askForHelp(entry, decision);
    const roomAt = cluster.nominations.of(entry.info.uid)?.row;
    const nominatedNodeName =
      nomination?.nodeName ?? (roomAt === undefined ? undefined : cluster.nodeName(roomAt));
    const sentence = `${unschedulableMessage(cluster.nodeCount, decision.evaluation)}${message}`;
    this.#reports.unschedulable(podOf(entry), decision, { message: sentence, nominatedNodeName });
    if (nomination !== undefined) this.#makeRoom(entry.info, nomination);
    this.#queue.wait(entry, rejectedBy, cluster.nominations.of(entry.info.uid)?.row);
  }

  /** What the plugins say that could help when no node takes the pod; the first that can make room does. */
  #askForHelp(entry: QueuedPod, decision: Decision): PostFilterResult {
    const isLeaving = (pod: PodInfo): boolean => this.#evictions.isLeaving(pod);
    const attempt = this.#decider.attempt(decision, isLeaving, entry.key);
    let message = "";
    for (const { plugin } of this.#decider.profile.plugins) {
      const help = plugin.postFilter?.(attempt);
      if (help === undefined) continue;
      if (help.message !== "") message += ` ${help.message}`;
      if (help.nomination !== undefined) return { message, nomination: help.nomination };
    }
    return { message };
  }

  #makeRoom(preemptor: PodInfo, { nodeName, victims }: Nomination): void {
    const { cluster } = this.#decider;
    cluster.nominate(preemptor, nodeName);
    const row = cluster.rowOf(nodeName) ?? -1;
    // Pods of lower priority for which room was being made there have to look elsewhere.
    for (const other of cluster.nominations.at(row) ?? []) {
      if (other.priority < preemptor.priority) this.#giveUpRoom(other.uid);
    }
    this.#evictions.start({ preemptor, nodeName, victims });
  }

  #giveUpRoom(uid: string): void {
    this.#decider.cluster.unnominate(uid);
    this.#queue.wake(uid);
    this.#wake.resolve();
  }

  #place(
    entry: QueuedPod,
    { decision, nodeName }: { decision: Decision; nodeName: string },
    signal: AbortSignal,
  ): void {
    const spec = this.#reports.explainPlaced(decision);
    const refusal = this.#reserve(entry, nodeName);
    if (refusal !== undefined) {
      this.#bindFailed(entry, refusal);
      return;
    }
    this.#feed.assume(entry.info, nodeName);
    this.#queue.placed(entry);
    const binding = this.#bind(entry, { nodeName, spec }, signal).finally(() => {
      this.#bindings.delete(binding);
      this.#wake.resolve();
    });
    this.#bindings.add(binding);
  }

  async #bind(
    entry: QueuedPod,
    { nodeName, spec }: { nodeName: string; spec: SchedulingDecisionSpec },
    signal: AbortSignal,
  ): Promise<void> {
    // "No node takes the pod" must not be written after the binding.
    const writing = this.#reports.quiet(entry.info.uid);
    if (writing !== undefined) await writing;
    const result = await this.#binder.bind(entry.info, nodeName, signal);
    if (result.type === "bound") this.#reports.placed(podOf(entry), spec);
    else if (!signal.aborted) this.#undo(entry, nodeName, result.message);
  }

  /** What the plugin that refuses says. */
  #reserve({ info }: QueuedPod, nodeName: string): string | undefined {
    const reserved: Profile["plugins"][number]["plugin"][] = [];
    for (const { plugin } of this.#decider.profile.plugins) {
      const reason = plugin.reserve?.(info, nodeName, this.#decider.cluster);
      if (reason === undefined) {
        reserved.push(plugin);
        continue;
      }
      for (const before of reserved.toReversed()) before.unreserve?.(info, nodeName);
      return `${plugin.name}: ${reason.text}`;
    }
    return undefined;
  }

  #undo(entry: QueuedPod, nodeName: string, message: string): void {
    for (const { plugin } of this.#decider.profile.plugins.toReversed()) {
      plugin.unreserve?.(entry.info, nodeName);
    }
    this.#feed.forget(entry.info.uid);
    this.#bindFailed(entry, message);
  }

  #bindFailed(entry: QueuedPod, message: string): void {
    // A pod that is gone or has a node by now is in the queue no more: there is nothing to tell.
    if (this.#queue.get(entry.info.uid) !== entry) return;
    this.#options.log.info("cannot bind, trying again", { pod: entry.info.key, message });
    this.#recorder.event(podOf(entry), "Warning", "FailedScheduling", message);
    this.#queue.retry(entry, this.#options.clock.now());
  }
}

/** The feed makes entries from pods of the API only. */
function podOf(entry: QueuedPod): Pod {
  return entry.info.object as Pod;
}
