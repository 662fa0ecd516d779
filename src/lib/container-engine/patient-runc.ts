/**
 * `runc` with patience. While a step of a build runs, Podman asks `runc state` ten times a second whether it still does, and
 * each answer takes 25 ms of processor: a quarter of one, as long as builds go on. The script answers once the step has ended,
 * or after five seconds; all other words go to runc as they are.
 *
 * Where the engine keeps off a processor (engine-host.ts), what it starts would, too: the script gives a container all of them
 * after it was made and before its own program begins, and so does it whatever else runc runs.
 */

import { chmod, rename, writeFile } from "node:fs/promises";
import { runProgram } from "../system-programs.ts";

/** Where runc of root keeps what it knows of a container. */
const stateDir = "/run/runc";
/** Seconds between two looks: a short step is not held up. */
const pauses = ["0.01", "0.02", "0.04", "0.08", ...times(5, "0.1"), ...times(22, "0.2")];

function times(count: number, pause: string): string[] {
  return Array.from({ length: count }, () => pause);
}

/** What containers have where the engine has less. */
export interface Processors {
  readonly all: readonly number[];
  /** The program that gives them. */
  readonly taskset: string;
}

function patientRunc(program: string, processors: Processors | undefined): string {
  return `#!/bin/sh
# Written by Nagi at each start; changes are lost.
pid=
if [ "$1" = state ] || [ "$1" = start ]; then
  state=
  read -r state 2>/dev/null <"${stateDir}/$2/state.json"
  pid=\${state#*\\"init_process_pid\\":}
  pid=\${pid%%,*}
fi
if [ "$1" = state ]; then
  for pause in ${pauses.join(" ")}; do
    kill -0 "$pid" 2>/dev/null || break
    sleep $pause
  done
fi
${processors === undefined ? "" : processorsLines(program, processors)}exec ${program} "$@"
`;
}

/** What ends at once, and what makes a container, stays where the engine is. With systemd a word of its own comes before. */
function processorsLines(program: string, { taskset, all }: Processors): string {
  const list = all.join(",");
  return `case "$1 $2" in
"start "*) ${taskset} --all-tasks --cpu-list --pid ${list} "$pid" >/dev/null 2>&1 ;;
"create "* | "--systemd-cgroup create" | "state "* | "kill "* | "delete "*) ;;
*) exec ${taskset} --cpu-list ${list} ${program} "$@" ;;
esac
`;
}

/** Writes the script; false where scripts cannot be run, as on a file system that is mounted so. */
export async function writePatientRunc(
  file: string,
  program: string,
  processors?: Processors,
): Promise<boolean> {
  await writeFile(`${file}.new`, patientRunc(program, processors));
  await chmod(`${file}.new`, 0o700);
  await rename(`${file}.new`, file);
  return await runProgram(file, ["--version"]).then(
    () => true,
    () => false,
  );
}
