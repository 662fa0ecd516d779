/** Ends a program and all that it has started. */

import type { ChildProcess } from "node:child_process";

const killAfterMs = 5000;

/** The program must lead a group of its own. */
export function killGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  const kill = (signalName: "SIGTERM" | "SIGKILL"): void => {
    try {
      process.kill(-pid, signalName);
    } catch {
      // All of them have ended.
    }
  };
  kill("SIGTERM");
  const timer = setTimeout(() => kill("SIGKILL"), killAfterMs);
  timer.unref();
  child.once("exit", () => clearTimeout(timer));
}
