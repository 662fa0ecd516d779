/**
 * Who gets the processors first when all want them, as `nice` counts: each step is a quarter more or less. Requests go before
 * what changes the machine: the router first, then apps (by their control groups), then the platform and the engine's work.
 *
 * Where the kernel groups processes by session (`sched_autogroup_enabled`), a niceness decides within a session only, and one of
 * the session, /proc/PID/autogroup, decides between them: both are set.
 */

import { readFileSync, writeFileSync } from "node:fs";

/** Of the router: every request goes through it, and it needs little at a time. */
export const routerNiceness = -10;
/** Of the container engine and what it runs for a moment (runtime, network, image layers), and of the registry. */
export const engineNiceness = 5;
const platformNiceness = 5;

/** Of the session that this process leads; in one of others, a terminal's for instance, nothing is changed. */
export function yieldToRequests(): void {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const session = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
    if (session === process.pid) writeFileSync("/proc/self/autogroup", String(platformNiceness));
  } catch {
    // A kernel without such groups.
  }
}
