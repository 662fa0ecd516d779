/**
 * Who is ended first when the kernel runs out of memory: a score of a process, -1000 (never) to 1000 (first), which its
 * children begin with. To lower it takes a privilege that not even every root has.
 */

import { writeFileSync } from "node:fs";

/** Of the programs that apps depend on: the platform goes last. */
export const platformOomScore = -999;
/** Of programs whose children are other people's work: builds, containers, sessions. */
export const ordinaryOomScore = 0;

/** Protects this process; whether that is permitted here. */
export function protectThisProcess(): boolean {
  try {
    writeFileSync("/proc/self/oom_score_adj", String(platformOomScore));
    return true;
  } catch {
    // Without the privilege, or without /proc, it stays as it was.
    return false;
  }
}
