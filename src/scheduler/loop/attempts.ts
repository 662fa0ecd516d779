/**
 * One attempt to place a pod: asks for a decision, or has extenders or the pod's group asked, and passes on what came of it:
 * a binding, room that others have to make, or the reason why the pod waits.
 */

import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import type { Decider } from "../decide.ts";
import { unschedulableMessage } from "../explain/message.ts";
import type { Profile } from "../framework/profile.ts";
import type { QueuedPod, SchedulingQueue } from "../queue/scheduling-queue.ts";
import { podOf, type Bindings } from "./bindings.ts";
import { keyToDecideBy, type Deciders } from "./deciders.ts";
import type { Askers } from "./extenders/askers.ts";
import type { NoNode } from "./extenders/extended-decisions.ts";
import { ExtenderError } from "./extenders/extenders.ts";
import type { DecideMember } from "./extenders/group-asking.ts";
import type { Feed } from "./feed.ts";
import type { Gangs } from "./gangs.ts";
import type { Reports } from "./reports.ts";
import type { Rescue } from "./rescue.ts";
import type { Rush } from "./rush.ts";
import type { SchedulerMetrics } from "./scheduler-metrics.ts";

export interface AttemptsOptions {
  readonly deciders: Deciders;
  readonly queue: SchedulingQueue;
  readonly feed: Feed;
  readonly bindings: Bindings;
  readonly gangs: Gangs;
  readonly rescue: Rescue;
  readonly reports: Reports;
  readonly rush: Rush;
  readonly metrics: SchedulerMetrics;
  /** Undefined when there are no extenders. They tell their answers to this class, which is made before them. */
  readonly askers: () => Askers | undefined;
  readonly monotonicMs: () => number;
  readonly log: Logger;
  /** Of the run that goes on. */
  readonly signal: () => AbortSignal;
}

export class Attempts {
  readonly #parts: AttemptsOptions;

  constructor(parts: AttemptsOptions) {
    this.#parts = parts;
  }

  decide(entry: QueuedPod, signal: AbortSignal): void {
    const { info } = entry;
    this.#parts.rush.note();
    const startMs = this.#parts.monotonicMs();
    const decider = this.#parts.deciders.of(info);
    const askers = this.#parts.askers();
    try {
      const group = this.#parts.gangs.groupToTry(info);
      if (group !== undefined) {
        if (askers === undefined) this.decideTogether(entry, { group, startMs }, signal);
        else askers.groups.start(entry, group, signal);
        return;
      }
      if (askers?.extended.concern(entry) === true) {
        askers.extended.decide(entry, decider, { startMs, signal });
        return;
      }
      const decision = decider.decide(info, keyToDecideBy(entry));
      this.#parts.metrics.decided(this.#parts.monotonicMs() - startMs);
      if (decision.chosen === undefined) {
        this.noNode(entry, decider, { decision, startMs }, signal);
      } else {
        this.#parts.bindings.place(
          entry,
          { profile: decider.profile, decision, nodeName: decision.chosen.nodeName, startMs },
          signal,
        );
      }
    } catch (error) {
      this.failed(entry, decider.profile, { error, startMs });
    }
  }

  /** A fault of ours, of a plugin or an extender: that pod says so and is tried again, the others go on. */
  failed(entry: QueuedPod, profile: Profile, { error, startMs }: { error: unknown; startMs: number }): void {
    if (this.#parts.signal().aborted || this.#parts.queue.get(entry.info.uid) !== entry) return;
    const { log } = this.#parts;
    if (error instanceof ExtenderError)
      log.warn("cannot decide without an extender", { pod: entry.info.key, error: error.message });
    else log.error("cannot decide", { pod: entry.info.key, error });
    this.#parts.reports.failed(podOf(entry), messageOf(error));
    this.#parts.bindings.attempted(entry, profile, { result: "error", startMs });
    this.#parts.bindings.retry(entry);
  }

  decideTogether(
    entry: QueuedPod,
    { group, startMs, decide }: { group: string; startMs: number; decide?: DecideMember },
    signal: AbortSignal,
  ): void {
    for (const { entry: member, nodeName, spec } of this.#parts.gangs.decide(entry, group, decide)) {
      const { profile } = this.#parts.deciders.of(member.info);
      this.#parts.bindings.take(member, { profile, nodeName, spec, startMs }, signal);
    }
  }

  noNode(
    entry: QueuedPod,
    decider: Decider,
    { decision, startMs, help: given }: NoNode,
    signal: AbortSignal,
  ): void {
    const { cluster } = decider;
    const askers = this.#parts.askers();
    const { uid } = entry.info;
    const roomBefore = cluster.nominations.of(uid);
    const help = given ?? this.#parts.rescue.ask(entry, decider, decision);
    const { message, nomination } = help;
    if (given === undefined && nomination !== undefined && askers?.extended.mayPreempt(entry) === true) {
      askers.extended.preempt(entry, decider, { help, extended: decision.extended, startMs, signal });
      return;
    }
    const rejectedBy = decider.rejectedBy(decision);
    const roomAt = cluster.nominations.of(uid)?.row;
    const nominatedNodeName =
      nomination?.nodeName ?? (roomAt === undefined ? undefined : cluster.nodeName(roomAt));
    const refused = decision.extended?.refused;
    const said = unschedulableMessage(cluster.nodeCount, decision.evaluation, refused?.values());
    const sentence = `${said}${message}`;
    this.#parts.reports.unschedulable(podOf(entry), decision, { message: sentence, nominatedNodeName });
    if (nomination !== undefined) this.#parts.rescue.makeRoom(entry.info, nomination);
    this.#parts.feed.roomMoved(uid, roomBefore);
    this.#parts.bindings.attempted(entry, decider.profile, { result: "unschedulable", startMs });
    // Nobody tells when an extender thinks otherwise: the pod comes back after a while.
    if (refused !== undefined && nomination === undefined) {
      this.#parts.bindings.retry(entry);
      return;
    }
    this.#parts.metrics.incoming("ScheduleAttemptFailure", "unschedulable");
    this.#parts.queue.wait(entry, rejectedBy, cluster.nominations.of(uid)?.row);
  }
}
