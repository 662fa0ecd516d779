/**
 * Decisions in which extenders have a say. They take as long as the extenders do, so several are under way at a time
 * and all other pods are decided about meanwhile.
 *
 * What must stay true: what the cluster has become while an extender was asked counts: the nodes are held against
 * the pod again, and only then, with what the extenders said, is a node chosen and taken.
 */

import type { Random } from "../../../lib/random.ts";
import type { Decider, Decision } from "../../decide.ts";
import { countReasons } from "../../explain/message.ts";
import type { Candidate } from "../../framework/plugin.ts";
import type { SchedulingQueue, QueuedPod } from "../../queue/scheduling-queue.ts";
import type { NodeObject } from "../../snapshot/objects.ts";
import { keyToDecideBy } from "../deciders.ts";
import type { Help } from "../rescue.ts";
import type { ExtenderAnswer, Extenders } from "./extenders.ts";

const MAX_ASKING = 256;
/** Extenders hear of no more nodes than these, the best first, when room is to be made. */
const MAX_CANDIDATES = 100;

export interface ExtendedDecisionsOptions {
  readonly extenders: Extenders;
  readonly queue: SchedulingQueue;
  readonly random: Random;
  readonly onPlace: (entry: QueuedPod, decider: Decider, placed: Decided) => void;
  /** No node fits; `room` is what the extenders left of the places where room could be made. */
  readonly onNoNode: (entry: QueuedPod, decider: Decider, noNode: NoNode) => void;
  /** Nodes fit, and the extenders want none of them. */
  readonly onRefused: (
    entry: QueuedPod,
    decider: Decider,
    refused: Decided & { readonly message: string },
  ) => void;
  readonly onError: (entry: QueuedPod, decider: Decider, failed: Failed) => void;
  /** Something has come to its end. */
  readonly onDone: () => void;
}

interface Decided {
  readonly decision: Decision;
  /** When the pod was taken from the queue. */
  readonly startMs: number;
}

interface Failed {
  readonly error: unknown;
  readonly startMs: number;
}

export interface NoNode extends Decided {
  readonly help?: Help | undefined;
}

interface Preempting {
  readonly help: Help;
  readonly startMs: number;
  readonly signal: AbortSignal;
}

export class ExtendedDecisions {
  readonly #options: ExtendedDecisionsOptions;
  readonly #asking = new Set<Promise<void>>();

  constructor(options: ExtendedDecisionsOptions) {
    this.#options = options;
  }

  get hasRoom(): boolean {
    return this.#asking.size < MAX_ASKING;
  }

  concern({ info }: QueuedPod): boolean {
    return this.#options.extenders.judge(info.object);
  }

  mayPreempt({ info }: QueuedPod): boolean {
    return this.#options.extenders.preempts(info.object);
  }

  /** Asks about the nodes that fit; the rest follows by the callbacks. */
  decide(
    entry: QueuedPod,
    decider: Decider,
    { startMs, signal }: { readonly startMs: number; readonly signal: AbortSignal },
  ): void {
    this.#run(entry, { decider, startMs }, async () => {
      const { extenders, queue } = this.#options;
      const first = decider.decide(entry.info, keyToDecideBy(entry));
      if (first.chosen === undefined)
        return this.#options.onNoNode(entry, decider, { decision: first, startMs });
      const answer = await extenders.ask(entry.info, fittingNodes(decider, first), signal);
      if (signal.aborted || queue.get(entry.info.uid) !== entry) return undefined;
      const decision = decider.decide(entry.info, keyToDecideBy(entry));
      if (decision.chosen === undefined) return this.#options.onNoNode(entry, decider, { decision, startMs });
      const best = this.#best(decider, decision, answer);
      if (best !== undefined) {
        return this.#options.onPlace(entry, decider, { decision: { ...decision, ...best }, startMs });
      }
      const message = refusalText(decider, decision, answer);
      return this.#options.onRefused(entry, decider, { decision, startMs, message });
    });
  }

  /** Asks the extenders whether room may be made where `help` would; then `onNoNode` hears of what is left. */
  preempt(entry: QueuedPod, decider: Decider, { help, startMs, signal }: Preempting): void {
    this.#run(entry, { decider, startMs }, async () => {
      const { extenders, queue } = this.#options;
      const candidates = help.candidates?.(MAX_CANDIDATES) ?? [];
      const left = await extenders.preempt(entry.info, candidates, signal);
      if (signal.aborted || queue.get(entry.info.uid) !== entry) return;
      const decision = decider.decide(entry.info, keyToDecideBy(entry));
      const choice = left.find((candidate) => areThere(decider, candidate));
      if (decision.chosen !== undefined) queue.retryNow(entry);
      else {
        const message =
          choice === undefined ? `${help.message} preemption: no extender agrees.` : help.message;
        this.#options.onNoNode(entry, decider, { decision, startMs, help: { message, nomination: choice } });
      }
    });
  }

  async settled(): Promise<void> {
    await Promise.all(this.#asking);
  }

  #run(
    entry: QueuedPod,
    { decider, startMs }: { readonly decider: Decider; readonly startMs: number },
    work: () => Promise<void>,
  ): void {
    const asking = work()
      .catch((error: unknown) => this.#options.onError(entry, decider, { error, startMs }))
      .finally(() => {
        this.#asking.delete(asking);
        this.#options.onDone();
      });
    this.#asking.add(asking);
  }

  /** Among the nodes that fit now and that the extenders want. */
  #best(
    { cluster }: Decider,
    { evaluation }: Decision,
    { points }: ExtenderAnswer,
  ): Pick<Decision, "chosen" | "ties"> | undefined {
    let bestTotal = Number.NEGATIVE_INFINITY;
    let best: number[] = [];
    for (const [name, extra] of points) {
      const row = cluster.rowOf(name);
      const own = row === undefined ? -1 : evaluation.ranking.totalOf(row);
      if (row === undefined || own < 0 || own + extra < bestTotal) continue;
      if (own + extra > bestTotal) best = [];
      bestTotal = own + extra;
      best.push(row);
    }
    const row = best[best.length === 1 ? 0 : this.#options.random.below(Math.max(1, best.length))];
    if (row === undefined) return undefined;
    return { chosen: { row, nodeName: cluster.nodeName(row) }, ties: best.length };
  }
}

function fittingNodes({ cluster }: Decider, { evaluation }: Decision): readonly NodeObject[] {
  const nodes: NodeObject[] = [];
  for (let row = 0; row < cluster.rows; row++) {
    const node = evaluation.ranking.totalOf(row) < 0 ? undefined : cluster.node(row);
    if (node !== undefined) nodes.push(node);
  }
  return nodes;
}

/** Whether the victims are still on the node. */
function areThere({ cluster }: Decider, { nodeName, victims }: Candidate): boolean {
  return victims.length > 0 && victims.every(({ uid }) => cluster.pod(uid)?.nodeName === nodeName);
}

function refusalText({ cluster }: Decider, { evaluation }: Decision, { refused }: ExtenderAnswer): string {
  const counts = new Map(countReasons(evaluation).map(({ reason, count }) => [reason, count]));
  for (const reason of refused.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${cluster.nodeCount} nodes are available: ${reasons.join(", ")}.`;
}
