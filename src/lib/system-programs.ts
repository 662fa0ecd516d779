/** Runs the system's programs. */

import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { join } from "node:path";

/** Where Debian keeps them; a user's PATH often lacks the directories of administration. */
const directories = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin", "/usr/local/bin"];
const timeoutMs = 30_000;
const outputMaxBytes = 64 * 1024;
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

type Environment = Readonly<Record<string, string>>;

/** Resolves with what the program printed; a failure has what it said. `env`: its whole environment; absent: this process's. */
export function runProgram(
  path: string,
  args: readonly string[],
  input = "",
  env?: Environment,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const own = env === undefined ? {} : { env: { ...env } };
  const child = spawn(path, args, { stdio: ["pipe", "pipe", "pipe"], timeout: timeoutMs, ...own });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(0, outputMaxBytes)));
  child.stderr.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(0, outputMaxBytes)));
  child.on("error", (cause) => reject(new Error(`cannot run ${path}: ${cause.message}`, { cause })));
  child.on("close", (code) => {
    if (code === 0) resolve(output);
    else reject(failure(`${path} ${args.join(" ")}`, errors, code));
  });
  // A program that ends early closes its input; its exit says why.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return promise;
}

function failure(command: string, errors: string, code: number | null): Error {
  return new Error(
    `cannot run ${command}: ${errors.trim().slice(0, errorMaxLength) || `it ended with ${code}`}`,
  );
}
