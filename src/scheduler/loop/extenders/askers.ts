/** What a scheduler with extenders has besides: who asks them, of one pod or of a pod group, and what then happens. */

import { messageOf } from "../../../lib/errors.ts";
import type { Random } from "../../../lib/random.ts";
import type { Decider } from "../../decide.ts";
import type { QueuedPod, SchedulingQueue } from "../../queue/scheduling-queue.ts";
import { podOf, type Bindings } from "../bindings.ts";
import type { Deciders } from "../deciders.ts";
import type { Gangs } from "../gangs.ts";
import type { Reports } from "../reports.ts";
import { ExtendedDecisions, type Failed, type NoNode } from "./extended-decisions.ts";
import type { ExtenderSet } from "./extenders.ts";
import { GroupAsking, type DecideMember } from "./group-asking.ts";

export interface AskersOptions {
  readonly extenders: ExtenderSet;
  readonly deciders: Deciders;
  readonly queue: SchedulingQueue;
  readonly bindings: Bindings;
  readonly gangs: Gangs;
  readonly reports: Reports;
  readonly random: Random;
  readonly monotonicMs: () => number;
  /** Of the scheduler's run. */
  readonly signal: () => AbortSignal;
  readonly noNode: (entry: QueuedPod, decider: Decider, noNode: NoNode) => void;
  readonly failed: (entry: QueuedPod, decider: Decider, failed: Failed) => void;
  readonly decideTogether: (
    entry: QueuedPod,
    tried: { readonly group: string; readonly startMs: number; readonly decide: DecideMember },
  ) => void;
  /** There may be something to decide. */
  readonly wake: () => void;
}

export interface Askers {
  readonly extended: ExtendedDecisions;
  readonly groups: GroupAsking;
}

export function createAskers(options: AskersOptions): Askers {
  const { extenders, deciders, queue, bindings, gangs, reports, random, monotonicMs, wake } = options;
  const extended = new ExtendedDecisions({
    extenders,
    queue,
    random,
    factor: extenders.factor,
    onPlace: (entry, { profile }, { decision, startMs }) => {
      const { nodeName = "" } = decision.chosen ?? {};
      bindings.place(entry, { profile, decision, nodeName, startMs }, options.signal());
    },
    onNoNode: options.noNode,
    onError: options.failed,
    onDone: wake,
  });
  const groups = new GroupAsking({
    extended,
    queue,
    deciderOf: ({ info }) => deciders.of(info),
    onAnswers: (entry, group, decide) =>
      options.decideTogether(entry, { group, startMs: monotonicMs(), decide }),
    onError: (entry, members, error) => {
      for (const member of members) reports.failed(podOf(member), messageOf(error));
      options.failed(entry, deciders.of(entry.info), { error, startMs: monotonicMs() });
    },
    onGone: (group) => {
      gangs.wake(group);
      wake();
    },
  });
  return { extended, groups };
}
