/** A command in a container, or its first process, joined with this terminal or with streams. */

import {
  exitCodeOf,
  openSession,
  receive,
  runInPod,
  sendInput,
  type SessionRequest,
  type SessionTarget,
} from "../client/run-in-pod.ts";
import type { ObjectRef } from "../model/meta.ts";
import type { CommandContext } from "./command.ts";

const resizeChannel = 4;

/** Resolves with the exit code of the command. */
export function runSession(
  context: CommandContext,
  ref: ObjectRef,
  request: SessionRequest,
): Promise<number> {
  return runInPod((asked) => context.channels(asked), ref, request, context.signal);
}

/** As `runSession`, joined with this terminal: keys go to the command as they are typed. */
export async function runOnTerminal(
  context: CommandContext,
  ref: ObjectRef,
  request: SessionTarget & {
    /** What the container wrote before comes first. */
    readonly replay?: boolean | undefined;
    /** Told of every piece of output. */
    readonly onOutput?: (() => void) | undefined;
  },
): Promise<number> {
  const { terminal } = context;
  const replay = request.replay === true ? { replay: "true" } : {};
  const streams = { stdin: "true", stdout: "true", tty: "true", ...replay };
  const channels = await openSession((asked) => context.channels(asked), ref, request, streams);
  const sendSize = (): void => {
    const { columns, rows } = terminal.size();
    const size = Buffer.from(JSON.stringify({ Width: columns, Height: rows }));
    channels.send(resizeChannel, size).catch(() => undefined);
  };
  const stop = (): void => channels.close();
  context.signal.addEventListener("abort", stop, { once: true });
  const restore = terminal.raw();
  const forget = terminal.onResize(sendSize);
  sendSize();
  try {
    context.signal.throwIfAborted();
    sendInput(channels, terminal.input()).catch(() => channels.close());
    const write = (data: Uint8Array): void => {
      request.onOutput?.();
      terminal.write(data);
    };
    return exitCodeOf(await receive(channels, { output: write, errors: write }));
  } catch (error) {
    context.signal.throwIfAborted();
    throw error;
  } finally {
    context.signal.removeEventListener("abort", stop);
    channels.close();
    forget();
    restore();
  }
}
