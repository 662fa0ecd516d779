/**
 * Asks extenders about the members of a pod group before they are tried together: one group at a time once, each
 * member about the nodes that take it alone.
 */

import type { Decider, Decision } from "../../decide.ts";
import type { QueuedPod, SchedulingQueue } from "../../queue/scheduling-queue.ts";
import { keyToDecideBy } from "../deciders.ts";
import type { ExtendedDecisions } from "./extended-decisions.ts";
import type { ExtenderAnswer } from "./extenders.ts";

/** Members that come while others are asked about are asked about too, so many times. */
const MAX_ROUNDS = 3;

export type DecideMember = (member: QueuedPod) => Decision;

export interface GroupAskingOptions {
  readonly extended: ExtendedDecisions;
  readonly queue: SchedulingQueue;
  readonly deciderOf: (entry: QueuedPod) => Decider;
  /** The answers are there: the group can be tried. */
  readonly onAnswers: (entry: QueuedPod, group: string, decide: DecideMember) => void;
  readonly onError: (entry: QueuedPod, members: readonly QueuedPod[], error: unknown) => void;
  /** The pod whose turn it was is gone: the others have to be tried anew. */
  readonly onGone: (group: string) => void;
}

export class GroupAsking {
  readonly #options: GroupAskingOptions;
  readonly #groups = new Set<string>();

  constructor(options: GroupAskingOptions) {
    this.#options = options;
  }

  start(entry: QueuedPod, group: string, signal: AbortSignal): void {
    const { extended, queue, onAnswers, onError, onGone } = this.#options;
    if (this.#groups.has(group)) {
      // It goes with the member that is being asked about.
      queue.wait(entry, nobody);
      return;
    }
    this.#groups.add(group);
    const isThere = (): boolean => !signal.aborted && queue.get(entry.info.uid) === entry;
    extended.run(async () => {
      const answers = new Map<string, ExtenderAnswer>();
      try {
        await this.#askAll(entry, { group, answers }, signal);
        this.#groups.delete(group);
        if (isThere()) onAnswers(entry, group, (member) => this.#decide(member, answers));
        else if (!signal.aborted) onGone(group);
      } catch (error) {
        this.#groups.delete(group);
        if (isThere()) onError(entry, [entry, ...queue.membersOf(group)], error);
        else if (!signal.aborted) onGone(group);
      }
    });
  }

  async #askAll(
    entry: QueuedPod,
    { group, answers }: { readonly group: string; readonly answers: Map<string, ExtenderAnswer> },
    signal: AbortSignal,
  ): Promise<void> {
    const { extended, queue, deciderOf } = this.#options;
    for (let round = 0; round < MAX_ROUNDS && !signal.aborted; round++) {
      const open = [entry, ...queue.membersOf(group)].filter(
        (member) => extended.concern(member) && !answers.has(member.info.uid),
      );
      if (open.length === 0) return;
      await Promise.all(
        open.map(async (member) => {
          const answer = await extended.ask(member, deciderOf(member), signal);
          answers.set(member.info.uid, answer);
        }),
      );
    }
  }

  #decide(member: QueuedPod, answers: ReadonlyMap<string, ExtenderAnswer>): Decision {
    const { extended, deciderOf } = this.#options;
    const decider = deciderOf(member);
    const decision = decider.decide(member.info, keyToDecideBy(member));
    if (decision.chosen === undefined || !extended.concern(member)) return decision;
    return extended.choose(member, decider, { decision, answer: answers.get(member.info.uid) ?? notAsked });
  }
}

const nobody: ReadonlySet<number> = new Set();
const notAsked: ExtenderAnswer = { opinions: [], taken: new Set() };
