/** What becomes of a command whose output nobody reads any more, as with `nagi get pods | head -1`, or that has no place. */

import { getSystemErrorMessage } from "node:util";

/** What a command has begun is taken back within this. */
const endMaxMs = 5000;

let goesOn = false;

/** For what must not end because its output does: the start of the platform, and the platform itself. */
export function goOnUnread(): void {
  goesOn = true;
}

interface Output {
  readonly isTTY?: boolean | undefined;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export interface Outputs {
  readonly out: Output;
  readonly err: Output & { write(text: string): unknown };
  /** Ends the command, so that it takes back what it has begun. */
  readonly interrupt: () => void;
  /** Ends the process. */
  readonly exit: (code: number) => void;
}

export interface Watched {
  /** Of a command that ended because of its output. */
  readonly exitCode: number | undefined;
}

/** Without an error and without a stack when it is unread: a closed pipe is no fault of anyone's. */
export function endWithoutOutput({ out, err, interrupt, exit }: Outputs): Watched {
  const watched: { exitCode: number | undefined } = { exitCode: undefined };
  out.on("error", (error) => {
    if (goesOn || watched.exitCode !== undefined) return;
    const code = isUnread(out, error) ? 0 : 1;
    if (code !== 0) err.write(`error: cannot write the output: ${reasonOf(error)}\n`);
    watched.exitCode = code;
    interrupt();
    setTimeout(() => exit(code), endMaxMs).unref();
  });
  // Only progress is lost there; what was asked for is still done.
  err.on("error", (error) => {
    if (!isUnread(err, error)) throw error;
  });
  return watched;
}

/** EIO: of a terminal that is gone. */
function isUnread({ isTTY }: Output, { code }: NodeJS.ErrnoException): boolean {
  return code === "EPIPE" || (code === "EIO" && isTTY === true);
}

function reasonOf({ errno, message }: NodeJS.ErrnoException): string {
  return errno === undefined ? message : getSystemErrorMessage(errno);
}
