/**
 * Waiting pods that are alike: what lets one of them in is found out with the first, and only when that one was
 * placed is the next tried. So an event costs one look a group, and one decision beyond those that succeed.
 */

import { Heap } from "./heap.ts";
import { goesBefore, type QueuedPod } from "./queued-pod.ts";

interface Ticket {
  readonly entry: QueuedPod;
  /** Counts the pod's waits; one of an earlier wait is void. */
  readonly turn: number;
}

export class WaitingGroup {
  /** Plugins that said no to the last of them. */
  rejectedBy: ReadonlySet<number> = new Set();
  /** How many wait. */
  count = 0;
  /** The pod that was woken to try it for all. */
  probe: QueuedPod | undefined;
  readonly #tickets = new Heap<Ticket>((a, b) => goesBefore(a.entry, b.entry));

  add(entry: QueuedPod): void {
    entry.turn++;
    this.count++;
    this.#tickets.push({ entry, turn: entry.turn });
  }

  /** The first of those that wait. */
  peek(): QueuedPod | undefined {
    for (let ticket = this.#tickets.peek(); ticket !== undefined; ticket = this.#tickets.peek()) {
      const { entry, turn } = ticket;
      if (entry.place === "waiting" && entry.turn === turn) return entry;
      this.#tickets.pop();
    }
    return undefined;
  }
}
