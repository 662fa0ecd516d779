/** Which of the machine's processors a process may run on. */

import { readFile } from "node:fs/promises";

/** Their numbers, ascending; none where the kernel does not tell. Source: proc_pid_status(5), Cpus_allowed_list. */
export async function processorsOf(pid: number | "self"): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return processorsIn(/^Cpus_allowed_list:\s*(\S+)$/m.exec(text)?.[1] ?? "");
}

/** Of a list as `0,2-4`. */
export function processorsIn(list: string): readonly number[] {
  return list.split(",").flatMap(range);
}

/** Of `5` or `2-4`. */
function range(text: string): number[] {
  const [first, last = first] = text.split("-").map(Number);
  if (first === undefined || last === undefined || text === "") return [];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
