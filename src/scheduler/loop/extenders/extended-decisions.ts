/**
 * Decisions in which extenders have a say. They take as long as the extenders do, so several are under way at a time
 * and all other pods are decided about meanwhile.
 *
 * What must stay true: what the cluster has become while an extender was asked counts: the nodes are held against
 * the pod again, and only then, with what the extenders said, is a node chosen and taken.
 */

import type { Random } from "../../../lib/random.ts";
import type { Decider, Decision } from "../../decide.ts";
import { weightedPoints, type Extended, type Opinion } from "../../framework/opinion.ts";
import type { Candidate } from "../../framework/plugin.ts";
import type { SchedulingQueue, QueuedPod } from "../../queue/scheduling-queue.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { NodeObject } from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { keyToDecideBy } from "../deciders.ts";
import type { Help } from "../rescue.ts";
import type { ExtenderAnswer, ExtenderSet } from "./extenders.ts";

const MAX_ASKING = 256;
/** Extenders hear of no more nodes than these, the best first, when room is to be made. */
const MAX_CANDIDATES = 100;

export interface ExtendedDecisionsOptions {
  readonly extenders: ExtenderSet;
  readonly queue: SchedulingQueue;
  readonly random: Random;
  /** What one point of an extender is among the plugins' scores. */
  readonly factor: number;
  readonly onPlace: (entry: QueuedPod, decider: Decider, placed: Decided) => void;
  /** No node fits, or the extenders want none of those that do. */
  readonly onNoNode: (entry: QueuedPod, decider: Decider, noNode: NoNode) => void;
  readonly onError: (entry: QueuedPod, decider: Decider, failed: Failed) => void;
  /** Something has come to its end. */
  readonly onDone: () => void;
}

interface Decided {
  readonly decision: Decision;
  /** When the pod was taken from the queue. */
  readonly startMs: number;
}

export interface Failed {
  readonly error: unknown;
  readonly startMs: number;
}

export interface NoNode extends Decided {
  /** What the extenders left of the places where room could be made; absent while they were not asked. */
  readonly help?: Help | undefined;
}

interface Preempting {
  readonly help: Help;
  /** Of a pod whose nodes the extenders refused. */
  readonly extended: Extended | undefined;
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
    this.#try(entry, { decider, startMs }, async () => {
      const { extenders, queue } = this.#options;
      const first = decider.decide(entry.info, keyToDecideBy(entry));
      if (first.chosen === undefined)
        return this.#options.onNoNode(entry, decider, { decision: first, startMs });
      const answer = await extenders.ask(entry.info, fittingNodes(decider, first), signal);
      if (signal.aborted || queue.get(entry.info.uid) !== entry) return undefined;
      const decision = decider.decide(entry.info, keyToDecideBy(entry));
      if (decision.chosen === undefined) return this.#options.onNoNode(entry, decider, { decision, startMs });
      const best = this.choose(entry, decider, { decision, answer });
      const told = { decision: best, startMs };
      if (best.chosen !== undefined) return this.#options.onPlace(entry, decider, told);
      return this.#options.onNoNode(entry, decider, told);
    });
  }

  /** Asks the extenders whether room may be made where `help` would; then `onNoNode` hears of what is left. */
  preempt(entry: QueuedPod, decider: Decider, { help, extended, startMs, signal }: Preempting): void {
    this.#try(entry, { decider, startMs }, async () => {
      const { extenders, queue } = this.#options;
      const candidates = help.candidates?.(MAX_CANDIDATES) ?? [];
      const { cluster } = decider;
      const victimOn = (nodeName: string, uid: string): PodInfo | undefined => {
        const found = cluster.pod(uid);
        const isBelow = found !== undefined && found.info.priority < entry.info.priority;
        return isBelow && found.nodeName === nodeName ? found.info : undefined;
      };
      const left = await extenders.preempt(entry.info, candidates, { signal, victimOn });
      if (signal.aborted || queue.get(entry.info.uid) !== entry) return;
      const fresh = decider.decide(entry.info, keyToDecideBy(entry));
      const decision = extended === undefined ? fresh : { ...fresh, chosen: undefined, extended };
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

  #try(
    entry: QueuedPod,
    { decider, startMs }: { readonly decider: Decider; readonly startMs: number },
    work: () => Promise<void>,
  ): void {
    this.run(async () => {
      try {
        await work();
      } catch (error) {
        this.#options.onError(entry, decider, { error, startMs });
      }
    });
  }

  /** The work, which never rejects, counts among what is under way. */
  run(work: () => Promise<void>): void {
    const asking = work().finally(() => {
      this.#asking.delete(asking);
      this.#options.onDone();
    });
    this.#asking.add(asking);
  }

  /** What the extenders say of the nodes that take the pod. */
  async ask({ info, key }: QueuedPod, decider: Decider, signal: AbortSignal): Promise<ExtenderAnswer> {
    const decision = decider.decide(info, keyToDecideBy({ key }));
    return await this.#options.extenders.ask(info, fittingNodes(decider, decision), signal);
  }

  /** Among the nodes that fit now and that the extenders want; where room was made for the pod if it can be. */
  choose(
    { info }: QueuedPod,
    { cluster }: Decider,
    { decision, answer }: { readonly decision: Decision; readonly answer: ExtenderAnswer },
  ): Decision {
    const extended = this.#extend(decision, answer, cluster);
    const [best, most] = [...extended.totals][0] ?? [];
    if (best === undefined) return { ...decision, chosen: undefined, ties: 0, extended };
    const nominated = cluster.nominations.of(info.uid)?.row;
    if (nominated !== undefined && extended.totals.has(nominated)) {
      return { ...decision, chosen: chosenAt(nominated, cluster), ties: 1, extended };
    }
    const equals = [...extended.totals].filter(([, total]) => total === most).map(([row]) => row);
    const row = equals[equals.length === 1 ? 0 : this.#options.random.below(equals.length)] ?? best;
    return { ...decision, chosen: chosenAt(row, cluster), ties: equals.length, extended };
  }

  #extend({ evaluation }: Decision, { opinions, taken }: ExtenderAnswer, cluster: Cluster): Extended {
    const { factor } = this.#options;
    const totals: [row: number, total: number][] = [];
    const refused = new Map<number, string>();
    for (let row = 0; row < cluster.rows; row++) {
      const own = evaluation.ranking.totalOf(row);
      if (own < 0) continue;
      const name = cluster.nodeName(row);
      if (taken.has(name)) {
        const extra = opinions.map((opinion) => weightedPoints(opinion, name, factor));
        totals.push([row, extra.reduce((sum, each) => sum + each, own)]);
      } else refused.set(row, refusalOf(opinions, name));
    }
    totals.sort(([, a], [, b]) => b - a);
    return { opinions, factor, totals: new Map(totals), refused };
  }
}

function chosenAt(row: number, cluster: Cluster): Decision["chosen"] {
  return { row, nodeName: cluster.nodeName(row) };
}

/** A node that came to fit while the extenders were asked is not known to them. */
function refusalOf(opinions: readonly Opinion[], nodeName: string): string {
  for (const { refused } of opinions) {
    const reason = refused.get(nodeName);
    if (reason !== undefined) return reason;
  }
  return "node(s) were not known to the extenders yet";
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
