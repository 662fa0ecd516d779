import { createServer, type Socket } from "node:net";
import { messageOf } from "../../lib/errors.ts";
import { resourcePath } from "../../client/resource-path.ts";
import { pod } from "../../model/kinds/core/pod/pod.ts";
import type { ObjectRef } from "../../model/meta.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { appOption } from "../app.ts";
import { podOf, podOptions } from "../pod-of-app.ts";

const dataChannel = 0;
const errorChannel = 1;
const closeChannel = 255;
/** Each channel begins with the port itself. */
const portBytes = 2;

interface Forward {
  readonly local: number;
  readonly remote: number;
}

export const command: Command = {
  name: "port-forward",
  group: "Processes",
  summary: "Reach a port of a pod from this machine.",
  usage: "[--app NAME | --pod NAME] [LOCAL:]REMOTE ...",
  description:
    "Listens on 127.0.0.1 until it is interrupted. Without LOCAL the same port is used here; 0 or :REMOTE takes a free one.",
  options: [appOption, ...podOptions.filter(({ name }) => name !== "container")],
  examples: ["nagi port-forward 9229", "nagi port-forward --pod db-0 15432:5432"],
  async run(context) {
    const forwards = context.args.map(forwardIn);
    if (forwards.length === 0)
      throw new UsageError("nagi port-forward needs a port", "For instance: nagi port-forward 8081:8080");
    const ref = await podOf(context);
    await Promise.all(forwards.map((forward) => listen(context, ref, forward)));
    await new Promise<void>((resolve) =>
      context.signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    return 0;
  },
};

function forwardIn(text: string): Forward {
  const [, local, remote = local] = /^(\d*)(?::(\d+))?$/.exec(text) ?? [];
  const forward = { local: Number(local ?? ""), remote: Number(remote ?? "") };
  const fits = (port: number, least: number): boolean => port >= least && port <= 65_535;
  if (local !== undefined && fits(forward.local, 0) && fits(forward.remote, 1)) return forward;
  throw new UsageError(`${JSON.stringify(text)} is not [LOCAL:]REMOTE with ports from 1 to 65535`);
}

function listen(context: CommandContext, ref: ObjectRef, forward: Forward): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    carry(context, ref, { socket, port: forward.remote }).catch((error: unknown) => {
      socket.destroy();
      context.terminal.note(`port ${forward.remote}: ${messageOf(error)}`);
    });
  });
  context.signal.addEventListener("abort", () => server.close(), { once: true });
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      reject(
        taken
          ? new UsageError(`port ${forward.local} is taken on this machine`, "Name another: LOCAL:REMOTE")
          : error,
      );
    });
    server.listen(forward.local, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : forward.local;
      context.terminal.print(`Forwarding 127.0.0.1:${port} -> ${ref.name}:${forward.remote}`);
      resolve();
    });
  });
}

interface Carried {
  readonly socket: Socket;
  readonly port: number;
}

async function carry(context: CommandContext, ref: ObjectRef, { socket, port }: Carried): Promise<void> {
  socket.on("error", () => undefined);
  const path = `${resourcePath(pod, { ...ref, subresource: "portforward" })}?ports=${port}`;
  const channels = await context.channels({ path, protocol: "v5.channel.k8s.io" });
  const skipped = new Map<number, number>();
  const sending = (async () => {
    // The end of what is sent must not end what is received.
    const chunks: AsyncIterable<Buffer> = socket.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks) await channels.send(dataChannel, chunk);
    await channels.send(closeChannel, Buffer.from([dataChannel]));
  })();
  // The reader below tells how the connection ended.
  sending.catch(() => undefined);
  socket.once("close", () => channels.close());
  for await (const { channel, data } of channels.messages) {
    const skip = Math.min(portBytes - (skipped.get(channel) ?? 0), data.length);
    skipped.set(channel, (skipped.get(channel) ?? 0) + skip);
    const rest = data.subarray(skip);
    if (rest.length === 0) continue;
    if (channel === errorChannel) throw new Error(rest.toString());
    if (!socket.write(rest))
      await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
  }
  socket.end();
}
