/** Runs a command in a container over Kubernetes' channel protocol, joined with streams. */

import type { ObjectRef } from "../model/meta.ts";
import { pod } from "../model/kinds/core/pod/pod.ts";
import type { Status } from "../model/status.ts";
import type { ChannelRequest, Channels } from "./channels.ts";
import { resourcePath } from "./resource-path.ts";

const stdin = 0;
const stdout = 1;
const stderr = 2;
const errorChannel = 3;
const closeChannel = 255;

export type OpenChannels = (request: ChannelRequest) => Promise<Channels>;

export interface SessionTarget {
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

/** Resolves with the exit code of the command. An abort ends the session, not the command; so does an input that fails. */
export async function runInPod(
  open: OpenChannels,
  ref: ObjectRef,
  request: SessionRequest,
  signal: AbortSignal,
): Promise<number> {
  const streams = {
    stdout: "true",
    stderr: "true",
    ...(request.input === undefined ? {} : { stdin: "true" }),
  };
  const channels = await openSession(open, ref, request, streams);
  const broken = new AbortController();
  const ended = AbortSignal.any([signal, broken.signal]);
  const stop = (): void => channels.close();
  ended.addEventListener("abort", stop, { once: true });
  try {
    // It would else be taken for the end of the input.
    sendInput(channels, request.input).catch((error: unknown) => broken.abort(error));
    const status = await receive(channels, request);
    ended.throwIfAborted();
    return exitCodeOf(status);
  } catch (error) {
    ended.throwIfAborted();
    throw error;
  } finally {
    ended.removeEventListener("abort", stop);
    channels.close();
  }
}

export function openSession(
  open: OpenChannels,
  ref: ObjectRef,
  { subresource, command = [], container }: SessionTarget,
  options: Readonly<Record<string, string>>,
): Promise<Channels> {
  const query = new URLSearchParams(options);
  for (const word of command) query.append("command", word);
  if (container !== undefined) query.set("container", container);
  const path = `${resourcePath(pod, { ...ref, subresource })}?${query.toString()}`;
  return open({ path, protocol: "v5.channel.k8s.io" });
}

/** Its end is the end of the command's input; after the session's end nobody takes it any more. Throws what is wrong with it. */
export async function sendInput(
  channels: Channels,
  input: AsyncIterable<Uint8Array> | undefined,
): Promise<void> {
  if (input === undefined) return;
  for await (const chunk of input) if (!(await isTaken(channels, stdin, chunk))) return;
  await isTaken(channels, closeChannel, Buffer.from([stdin]));
}

/** What is not has a reason, which `receive` tells. */
function isTaken(channels: Channels, channel: number, data: Uint8Array): Promise<boolean> {
  return channels.send(channel, data).then(
    () => true,
    () => false,
  );
}

export async function receive(
  channels: Channels,
  { output, errors }: Pick<SessionRequest, "output" | "errors">,
): Promise<Partial<Status>> {
  let status: Partial<Status> | undefined;
  for await (const { channel, data } of channels.messages) {
    if (data.length === 0) continue;
    if (channel === stdout) await output(data);
    else if (channel === stderr) errors(data);
    else if (channel === errorChannel) status = JSON.parse(data.toString()) as Partial<Status>;
  }
  // The server's last word is how it ended: output without it may be a part of the command's only.
  if (status === undefined) throw new Error("the session was cut off before its command ended");
  return status;
}

export function exitCodeOf({ status, message, details }: Partial<Status>): number {
  if (status === "Success") return 0;
  const code = details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  if (code !== undefined) return Number(code);
  throw new Error(message ?? "the session failed");
}
