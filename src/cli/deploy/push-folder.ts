/** Sends the commit of a directory as a push: the platform builds it and tells how it goes. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { CommandContext } from "../command.ts";
import { paintBuildLine } from "../follow-build.ts";
import { credentialHelper } from "../git-credentials.ts";
import { directoryRef, type FolderCommit } from "./folder-commit.ts";
import { startError } from "./run-git.ts";

const remotePrefix = "remote: ";

/** Whether the platform took it. Whoever interrupts breaks the push off, which cancels the build. */
export async function pushFolder(
  context: CommandContext,
  { commit, gitDir, env }: FolderCommit,
  url: string,
): Promise<boolean> {
  const { signal, terminal } = context;
  const credentials = ["-c", "credential.helper=", "-c", `credential.helper=${credentialHelper(context)}`];
  const refspec = `+${commit}:${directoryRef}`;
  const args = [...credentials, "push", "--progress", "--thin", url, refspec];
  const child = spawn("git", args, { cwd: gitDir, env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => reject(startError(error)));
    child.once("close", resolve);
  });
  const stop = (): boolean => child.kill("SIGINT");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const complaints: string[] = [];
  let answered = false;
  try {
    // Progress ends its lines with a carriage return alone, which counts as a line end here.
    for await (const line of createInterface({ input: child.stderr, crlfDelay: 0 })) {
      const said = takeLine(context, line);
      answered ||= said === "remote";
      if (said === "complaint") complaints.push(line);
    }
    const code = await ended;
    signal.throwIfAborted();
    // What the platform said is the reason; git would only add that it was refused.
    if (code !== 0 && !answered) throw new Error(`cannot send the source: ${complaints.join("; ")}`);
    return code === 0;
  } catch (error) {
    if (signal.aborted) terminal.note("Cancelled. What runs is left as it is.");
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    terminal.progressDone();
  }
}

function takeLine({ terminal }: CommandContext, line: string): "remote" | "complaint" | undefined {
  if (line.startsWith(remotePrefix)) {
    terminal.progressDone();
    terminal.print(paintBuildLine(terminal, line.slice(remotePrefix.length).trimEnd()));
    return "remote";
  }
  const [, percent, sent] = /^Writing objects: +(\d+)% \([\d/]+\)(?:, ([\d.]+ \w+))?/.exec(line) ?? [];
  if (percent !== undefined && !line.endsWith("done.")) {
    if (terminal.isTty) terminal.progress(`Sending ${percent}%${sent === undefined ? "" : `, ${sent}`}`);
  } else if (sent !== undefined) {
    terminal.progressDone();
    terminal.print(`       sent ${sent}`);
  }
  return /^(fatal|error): /.test(line) ? "complaint" : undefined;
}
