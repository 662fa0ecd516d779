/** Commands of a service, run in the container of an add-on's server. */

import { runInPod, type OpenChannels } from "../../client/run-in-pod.ts";
import type { ObjectRef } from "../../model/meta.ts";
import { serverContainer } from "../../model/kinds/nagi/addon/addon-vars.ts";

const outputBytesMax = 64 * 1024;

export interface ServerCommand {
  readonly pod: ObjectRef;
  /** A program and its arguments. */
  readonly command: readonly string[];
  /** Lines of the input. */
  readonly lines?: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

/** What the command wrote. Throws with what it complained of when it fails. */
export async function runOnServer(
  open: OpenChannels,
  { pod, command, lines, signal }: ServerCommand,
): Promise<string> {
  let output = "";
  const keep = (data: Uint8Array): void => {
    if (output.length < outputBytesMax) output += Buffer.from(data).toString("utf8");
  };
  const input = lines?.map((line) => Buffer.from(`${line}\n`));
  const code = await runInPod(
    open,
    pod,
    {
      subresource: "exec",
      container: serverContainer,
      command,
      ...(input === undefined ? {} : { input: inOrder(input) }),
      output: keep,
      errors: keep,
    },
    signal,
  );
  if (code !== 0) throw new Error(output.trim() === "" ? `ended with exit status ${code}` : output.trim());
  return output;
}

async function* inOrder(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
