/** git's own program on the stream of one SSH session, with the hooks' way to the platform as fd 3. */

import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import { killGroup } from "../kill-group.ts";

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
  const child = spawn("git", [service, path], {
    env: { ...environment },
    stdio: ["pipe", "pipe", "ignore", "pipe"],
    // A group of its own, so that what it has started can be ended with it.
    detached: true,
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve());
  });
  const stop = (): void => killGroup(child);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const hooks = child.stdio[3] as unknown as Duplex;
    hooks.on("error", () => undefined);
    onHooks(hooks);
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error(`cannot run git ${service}: no pipes`);
    // git ends when it has answered, whether or not it has read everything.
    stdin.on("error", () => undefined);
    stream.pipe(stdin);
    stdout.pipe(stream, { end: false });
    signal.addEventListener("abort", () => stdout.destroy(), { once: true });
    // Its output is cut off when the client is gone.
    await Promise.all([finished(stdout).catch(() => undefined), ended]);
    hooks.destroy();
    stream.end();
  } finally {
    signal.removeEventListener("abort", stop);
    if (child.exitCode === null && child.signalCode === null) killGroup(child);
  }
}
