/** The prepared program (adr/0135) for the next start, where this one ran from the sources. */

import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { preparedProgram, root } from "./prepared.ts";

/** Nobody waits for it, and nothing depends on it: without it Nagi runs from its sources. */
export function prepareInBackground(): void {
  if (preparedProgram() !== undefined) return;
  const options = { cwd: root, detached: true, stdio: "ignore" } as const;
  const child = spawn(process.execPath, ["scripts/prepare.ts", "--no-wait"], options);
  child.on("error", () => undefined);
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  child.unref();
}
