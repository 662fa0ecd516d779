/** What becomes of a command whose output nobody reads any more, as with `nagi get pods | head -1`. */

let goesOn = false;

/** For what must not end because its reader does: the start of the platform, and the platform itself. */
export function goOnUnread(): void {
  goesOn = true;
}

/** Without an error and without a stack: a closed pipe is no fault of anyone's. */
export function endQuietlyWhenUnread(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (!goesOn) process.exit(0);
  });
  // Only progress is lost there; what was asked for is still done.
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
