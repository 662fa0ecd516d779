/** git on the user's machine, for the directory that is deployed. */

import { spawn } from "node:child_process";
import { UsageError } from "../command.ts";

const complaintMax = 2000;

export interface GitCall {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly input?: string | undefined;
}

/** Its output; what git complains of becomes the error. */
export async function runGit({ args, cwd, env, signal, input }: GitCall): Promise<string> {
  const child = spawn("git", [...args], { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  const stop = (): boolean => child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  let output = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (complaint += chunk));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) => reject(startError(error)));
      child.once("close", resolve);
    });
    signal.throwIfAborted();
    if (code === 0) return output;
    throw new Error(
      `git ${args.find((arg) => !arg.startsWith("-"))}: ${complaint.trim().slice(-complaintMax)}`,
    );
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

export function startError(error: NodeJS.ErrnoException): Error {
  if (error.code !== "ENOENT") return error;
  return new UsageError(
    "this needs git, which is not installed",
    "Install it (as root: apt-get install git), or deploy an image: nagi deploy --image IMAGE",
  );
}
