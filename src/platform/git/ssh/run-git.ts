/** git's own program on the stream of one SSH session. */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import { runGitProgram } from "../git-process.ts";

export interface GitRun {
  readonly service: "receive-pack" | "upload-pack";
  /** The repository on disk. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stream: Socket;
}

/** Resolves when git has ended and all that it said is sent. `onHooks` gets the other end of fd 3. */
export async function runGit(
  { service, path, environment, stream }: GitRun,
  onHooks: (stream: Duplex) => void,
  signal: AbortSignal,
): Promise<void> {
  const git = { program: "git", argv: [service, path], environment, onHooks };
  await runGitProgram(git, signal, async (stdin, stdout) => {
    // git ends when it has answered, whether or not it has read everything.
    stdin.on("error", () => undefined);
    stream.pipe(stdin);
    stdout.pipe(stream, { end: false });
    signal.addEventListener("abort", () => stdout.destroy(), { once: true });
    // Its output is cut off when the client is gone.
    await finished(stdout).catch(() => undefined);
  });
  stream.end();
}
