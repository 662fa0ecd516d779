/** A program of git's that serves one client, with the hooks' way to the platform as fd 3. */

import { spawn } from "node:child_process";
import type { Duplex, Readable, Writable } from "node:stream";
import { killGroup } from "./kill-group.ts";

export interface GitProgram {
  readonly program: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Gets the other end of fd 3. */
  readonly onHooks: (stream: Duplex) => void;
}

/** What to do with the program's ends; what it returns settles when all is sent. */
export type Conversation = (stdin: Writable, stdout: Readable) => Promise<void>;

/** Resolves when the program has ended and the conversation with it too; the signal ends it and all it started. */
export async function runGitProgram(
  { program, argv, environment, onHooks }: GitProgram,
  signal: AbortSignal,
  converse: Conversation,
): Promise<void> {
  const child = spawn(program, [...argv], {
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
    if (stdin === null || stdout === null)
      throw new Error(`cannot run ${[program, ...argv].join(" ")}: no pipes`);
    await Promise.all([converse(stdin, stdout), ended]);
    hooks.destroy();
  } finally {
    signal.removeEventListener("abort", stop);
    if (child.exitCode === null && child.signalCode === null) killGroup(child);
  }
}
