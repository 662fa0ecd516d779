/**
 * The script behind git's hooks. It decides nothing: it tells the platform what is pushed, prints what the
 * platform says, and ends as the platform says.
 *
 * It reaches the platform over file descriptor 3, one end of a socket pair whose other end the platform holds:
 * the descriptor is inherited from the platform through http-backend and receive-pack. No address, no secret,
 * and when either side dies the other one notices.
 */

import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export const hookScript = `#!/bin/sh
# Written by Nagi at each start; changes are lost.
if ! { command : >&3; } 2>/dev/null; then
  echo "This repository belongs to Nagi: push to its URL, not to its directory." >&2
  exit 1
fi
{
  printf '%s\\n' "\${0##*/}" "objects \${GIT_OBJECT_DIRECTORY:-}" "alternates \${GIT_ALTERNATE_OBJECT_DIRECTORIES:-}"
  while read -r line; do printf 'update %s\\n' "$line"; done
  number=0
  while [ "$number" -lt "\${GIT_PUSH_OPTION_COUNT:-0}" ]; do
    eval "value=\\$GIT_PUSH_OPTION_$number"
    printf 'option %s\\n' "$(printf %s "$value" | tr -d '\\n')"
    number=$((number + 1))
  done
  printf 'end\\n'
} >&3
while IFS= read -r line <&3; do
  case $line in
    yes) exit 0 ;;
    no) exit 1 ;;
    *) printf '%s\\n' "\${line#:}" ;;
  esac
done
echo "The platform stopped. Push again when it runs." >&2
exit 1
`;

export async function writeHooks(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of ["pre-receive", "post-receive"]) {
    const file = join(directory, name);
    await writeFile(file, hookScript);
    await chmod(file, 0o700);
  }
}
