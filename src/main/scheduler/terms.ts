/**
 * The scheduler among several processes of which one acts: each follows the cluster, and the one that holds the lease
 * decides. At the end of a term what is being bound comes to its end before the lease is given back.
 */

import type { LeaderElection } from "../../client/leader-election.ts";
import type { Scheduler } from "../../scheduler/loop/scheduler-options.ts";

/** One wait and one term; resolves at its end. */
export async function runTerm(
  scheduler: Scheduler,
  election: LeaderElection,
  signal: AbortSignal,
): Promise<void> {
  const turn = Promise.withResolvers<void>();
  const stop = new AbortController();
  const ended = new AbortController();
  const running = scheduler.run(stop.signal, turn.promise).finally(() => ended.abort());
  // Thrown below.
  running.catch(() => undefined);
  const lead = async (term: AbortSignal): Promise<void> => {
    turn.resolve();
    await Promise.race([aborted(term), running]);
    stop.abort();
    await running;
  };
  try {
    await election.term(lead, AbortSignal.any([signal, ended.signal]));
  } finally {
    stop.abort();
    await running;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
