/** Which processors of the machine a program may use, by util-linux' taskset. */

import { spawnSync } from "node:child_process";

/** With all its threads; what it starts from now on inherits it. `processors`: numbers and ranges, `0` or `1-3`. */
export function moveTo(pid: number, processors: string): void {
  const { status, stderr } = spawnSync("taskset", ["-acp", processors, String(pid)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cannot move process ${pid} to processor ${processors}: ${stderr}`);
}

/** All but the first. */
export function theOthers(count: number): string {
  return `1-${count - 1}`;
}
