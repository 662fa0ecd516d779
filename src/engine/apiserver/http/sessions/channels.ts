/**
 * A session over Kubernetes' channel protocol (v4 and v5.channel.k8s.io): the first byte of each message names the
 * channel. https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go
 */

import type { WebSocket } from "ws";
import type { PodSession } from "../../../../client/pod-sessions.ts";
import { messageOf } from "../../../../lib/errors.ts";
import { StatusError } from "../../../../model/status.ts";
import { endWell, sendOn } from "./websocket.ts";

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

export async function serveChannels(webSocket: WebSocket, open: () => Promise<PodSession>): Promise<void> {
  const gone = new Promise<"gone">((resolve) => webSocket.once("close", () => resolve("gone")));
  let session: PodSession | undefined;
  // Input waits until there is somebody who takes it.
  webSocket.pause();
  try {
    session = await open();
    takeInput(webSocket, session);
    webSocket.resume();
    const ended = await Promise.race([sendOutput(webSocket, session), gone]);
    if (ended === "gone") return;
    const status = statusOfExit(await session.exitCode());
    await sendOn(webSocket, channels.error, Buffer.from(JSON.stringify(status)));
  } catch (error) {
    if (webSocket.readyState !== webSocket.OPEN) return;
    const status =
      error instanceof StatusError
        ? error.toStatus()
        : { metadata: {}, status: "Failure", reason: "InternalError", message: messageOf(error) };
    await sendOn(webSocket, channels.error, Buffer.from(JSON.stringify(status)));
  } finally {
    session?.close();
    // Paused, because nothing takes its input, it would not hear the other side agree to the end.
    webSocket.resume();
    endWell(webSocket);
  }
}

async function sendOutput(webSocket: WebSocket, session: PodSession): Promise<void> {
  for await (const { stream, data } of session.output) await sendOn(webSocket, channels[stream], data);
}

function takeInput(webSocket: WebSocket, session: PodSession): void {
  const { input } = session;
  webSocket.on("message", (message: Buffer) => {
    const data = message.subarray(1);
    switch (message[0]) {
      case channels.stdin:
        if (data.length > 0) input.write(data);
        // A command that has ended takes nothing and never gets room again: the end of the session must be heard.
        if (input.writableNeedDrain) {
          webSocket.pause();
          input.once("drain", () => webSocket.resume());
        }
        break;
      case channels.resize:
        takeSize(data, session);
        break;
      case channels.close:
        if (data[0] === channels.stdin) input.end();
        break;
      default:
    }
  });
  // A command that reads its input must see that nobody writes any more.
  webSocket.once("close", () => input.end());
}

/** Sizes come while the command may be ending: one that comes too late changes nothing. */
function takeSize(data: Buffer, session: PodSession): void {
  let size: { readonly Width?: unknown; readonly Height?: unknown } | null;
  try {
    size = JSON.parse(data.toString()) as typeof size;
  } catch {
    return;
  }
  const { Width: columns, Height: rows } = size ?? {};
  if (!isSize(columns) || !isSize(rows)) return;
  session.resize({ columns, rows }).catch(() => undefined);
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
}

function statusOfExit(exitCode: number | undefined): object {
  if (exitCode === 0 || exitCode === undefined) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  };
}
