/**
 * How a change of a server's users is run in its container: one at a time, and ended there when it takes too long. The end
 * of a session does not end its command, so that without this the attempts of a busy machine would pile up, and one that
 * was given up could still change a user that apps have meanwhile.
 */

export const changeMaxMs = 50_000;
const killAfterSeconds = 5;
/** A directory that each image has; locked, not written. */
const lockedPath = "/";

/** The program with its arguments for a command of a shell. Its whole process group ends with it. */
export function changeOfUsers(
  run: string,
  { maxMs = changeMaxMs, lock = lockedPath }: { readonly maxMs?: number; readonly lock?: string } = {},
): string[] {
  const limit = ["timeout", `--kill-after=${killAfterSeconds}`, String(maxMs / 1000)];
  return [...limit, "flock", lock, "/bin/sh", "-c", run, "sh"];
}
