/** A git command whose output is read as a stream; its end is checked. */

import { spawn } from "node:child_process";
import { PassThrough, type Readable } from "node:stream";

const maxComplaintBytes = 4096;

export interface GitStream {
  /** Breaks with what git said when git fails. */
  readonly output: Readable;
  /** Rejects with what git said. */
  readonly ended: Promise<void>;
}

export function streamGit(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): GitStream {
  const child = spawn("git", [...args], { cwd: path, env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on(
    "data",
    (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-maxComplaintBytes)),
  );
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`cannot run git ${args[0]}: ${complaint.trim()}`));
    });
  });
  // Read from the start: Node throws away what nobody reads when a child has ended.
  const output = child.stdout.pipe(new PassThrough());
  // Who does not read hears it from `ended`.
  output.on("error", () => undefined);
  ended.catch((error: Error) => output.destroy(error));
  // Whoever reads no more ends git, which would wait for ever.
  output.once("close", () => child.stdout.destroy());
  return { output, ended };
}
