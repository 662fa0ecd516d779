/** Waiting in commands: by asking again, since a command is short and may talk to any server. */

import { sleep, systemClock } from "../lib/clock.ts";

export const pollMs = 150;

/** Throws when the user interrupts. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(systemClock, delayMs, signal);
  signal.throwIfAborted();
}
