/** Runs one of the host's programs to its end; its failure is an error that holds its last words. */

import { spawn } from "node:child_process";

const maxKeptBytes = 64 * 1024;

export interface ProgramOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Takes each line that the program writes to its error output. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** What the program wrote to its output. */
export function runProgram(
  command: readonly [string, ...string[]],
  options: ProgramOptions,
): Promise<string> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: options.env,
      cwd: options.cwd,
      signal: options.signal,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let complaint = "";
    let line = "";
    child.stdout.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-maxKeptBytes)));
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-maxKeptBytes);
      const lines = (line + chunk.toString()).split("\n");
      line = (lines.pop() ?? "").slice(-maxKeptBytes);
      for (const text of lines) options.onLine?.(text);
    });
    child.on("error", (error) =>
      reject(new Error(`cannot run ${program}: ${error.message}`, { cause: error })),
    );
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else
        reject(
          new Error(`cannot run ${program}: it ended with ${code ?? "a signal"}: ${lastLines(complaint)}`),
        );
    });
  });
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-5).join(" | ");
}
