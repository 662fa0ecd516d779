/**
 * `runc` with patience. While a step of a build runs, Podman asks `runc state` ten times a second whether it still does, and
 * each answer takes 25 ms of processor: a quarter of one, as long as builds go on. The script answers once the step has ended,
 * or after five seconds; all other words go to runc as they are.
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

function patientRunc(program: string): string {
  return `#!/bin/sh
# Written by Nagi at each start; changes are lost.
if [ "$1" = state ]; then
  state=
  read -r state 2>/dev/null <"${stateDir}/$2/state.json"
  pid=\${state#*\\"init_process_pid\\":}
  pid=\${pid%%,*}
  for pause in ${pauses.join(" ")}; do
    kill -0 "$pid" 2>/dev/null || break
    sleep $pause
  done
fi
exec ${program} "$@"
`;
}

/** Writes the script; false where scripts cannot be run, as on a file system that is mounted so. */
export async function writePatientRunc(file: string, program: string): Promise<boolean> {
  await writeFile(`${file}.new`, patientRunc(program));
  await chmod(`${file}.new`, 0o700);
  await rename(`${file}.new`, file);
  return await runProgram(file, ["--version"]).then(
    () => true,
    () => false,
  );
}
