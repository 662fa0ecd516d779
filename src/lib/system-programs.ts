/** Runs the system's programs. */

import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "./errors.ts";
import { ProgramShells } from "./program-shell.ts";

/** Where Debian keeps them; a user's PATH often lacks the directories of administration. */
const directories = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin", "/usr/local/bin"];
const defaultTimeoutMs = 30_000;
/** Programs that run at a time: most take milliseconds, and one that hangs must not hold up the others. */
const shellsMax = 8;
/** How much of what a program complains of is passed on: a large script can fail in every line. */
const errorMaxLength = 500;

export async function findProgram(name: string): Promise<string | undefined> {
  for (const directory of directories) {
    const path = join(directory, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

export interface ProgramOptions {
  /** Text for its standard input. */
  readonly input?: string | undefined;
  /** Variables beside this process's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** How long it may take; 30 seconds when absent. */
  readonly timeoutMs?: number | undefined;
}

const shells = new ProgramShells(shellsMax);

/** A program that could not be run, failed or took too long; the message has what it said. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
  /** What it printed until then. */
  readonly output: string;

  constructor(message: string, output: string, options?: ErrorOptions) {
    super(message, options);
    this.output = output;
  }
}

/** What the program printed, at most 64 KiB of it. Throws a ProgramError. */
export async function runProgram(
  path: string,
  args: readonly string[],
  { input = "", env = {}, timeoutMs = defaultTimeoutMs }: ProgramOptions = {},
): Promise<string> {
  const result = await shells.run({ path, args, input, env, timeoutMs }).catch((cause: unknown) => {
    throw new ProgramError(problem(path, args, messageOf(cause)), "", { cause });
  });
  const { output, errors, code } = result;
  if (code === 0) return output;
  throw new ProgramError(problem(path, args, errors.trim() || `it ended with ${code}`), output);
}

function problem(path: string, args: readonly string[], reason: string): string {
  return `cannot run ${path} ${args.join(" ")}: ${reason.slice(0, errorMaxLength)}`;
}
