/** A command in a container, or its first process, joined with this terminal or with streams. */

import type { Channels } from "../client/channels.ts";
import { resourcePath } from "../client/resource-path.ts";
import { pod } from "../model/kinds/core/pod/pod.ts";
import type { ObjectRef } from "../model/meta.ts";
import type { Status } from "../model/status.ts";
import type { CommandContext } from "./command.ts";

const stdin = 0;
const stdout = 1;
const stderr = 2;
const errorChannel = 3;
const resizeChannel = 4;
const closeChannel = 255;

interface SessionTarget {
  readonly subresource: "exec" | "attach";
  readonly command?: readonly string[] | undefined;
  readonly container?: string | undefined;
}

export interface SessionRequest extends SessionTarget {
  /** Absent: no input. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
  readonly output: (data: Uint8Array) => void | Promise<void>;
  readonly errors: (data: Uint8Array) => void;
}

/** Resolves with the exit code of the command. */
export async function runSession(
  context: CommandContext,
  ref: ObjectRef,
  request: SessionRequest,
): Promise<number> {
  const streams = {
    stdout: "true",
    stderr: "true",
    ...(request.input === undefined ? {} : { stdin: "true" }),
  };
  const channels = await openSession(context, ref, request, streams);
  const stop = (): void => channels.close();
  context.signal.addEventListener("abort", stop, { once: true });
  try {
    void sendInput(channels, request.input);
    return exitCodeOf(await receive(channels, request));
  } finally {
    context.signal.removeEventListener("abort", stop);
    channels.close();
  }
}

function openSession(
  context: CommandContext,
  ref: ObjectRef,
  { subresource, command = [], container }: SessionTarget,
  options: Readonly<Record<string, string>>,
): Promise<Channels> {
  const query = new URLSearchParams(options);
  for (const word of command) query.append("command", word);
  if (container !== undefined) query.set("container", container);
  const path = `${resourcePath(pod, { ...ref, subresource })}?${query.toString()}`;
  return context.channels({ path, protocol: "v5.channel.k8s.io" });
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
  const channels = await openSession(context, ref, request, streams);
  const sendSize = (): void => {
    const { columns, rows } = terminal.size();
    const size = Buffer.from(JSON.stringify({ Width: columns, Height: rows }));
    channels.send(resizeChannel, size).catch(() => undefined);
  };
  const restore = terminal.raw();
  const forget = terminal.onResize(sendSize);
  sendSize();
  try {
    void sendInput(channels, terminal.input());
    const write = (data: Uint8Array): void => {
      request.onOutput?.();
      terminal.write(data);
    };
    return exitCodeOf(await receive(channels, { output: write, errors: write }));
  } finally {
    forget();
    restore();
    channels.close();
  }
}

/** Its end is the end of the command's input; after the session's end nobody takes it any more. */
async function sendInput(channels: Channels, input: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  if (input === undefined) return;
  try {
    for await (const chunk of input) await channels.send(stdin, chunk);
    await channels.send(closeChannel, Buffer.from([stdin]));
  } catch {
    // The session has ended, which `receive` tells with its reason.
  }
}

async function receive(
  channels: Channels,
  { output, errors }: Pick<SessionRequest, "output" | "errors">,
): Promise<Partial<Status>> {
  let status: Partial<Status> = { status: "Success" };
  for await (const { channel, data } of channels.messages) {
    if (data.length === 0) continue;
    if (channel === stdout) await output(data);
    else if (channel === stderr) errors(data);
    else if (channel === errorChannel) status = JSON.parse(data.toString()) as Partial<Status>;
  }
  return status;
}

function exitCodeOf({ status, message, details }: Partial<Status>): number {
  if (status === "Success") return 0;
  const code = details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  if (code !== undefined) return Number(code);
  throw new Error(message ?? "the session failed");
}
