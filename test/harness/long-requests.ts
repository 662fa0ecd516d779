/** Requests that take long: a download, events, a web socket. Opened before something happens, looked at when they ended. */

import { get, request } from "node:http";
import type { Socket } from "node:net";

export const downloadBytes = 4_000_000;

/**
 * `/download` takes four seconds; `/events` goes on until the app is told to end, as do web sockets, which echo; all else is
 * answered with the release. `startMs`: how long it takes until it listens.
 */
export const longServer = (startMs: number): string => `import { createServer } from "node:http";
const parts = 40, part = "x".repeat(${downloadBytes} / parts);
const events = new Set(), sockets = new Set();
const server = createServer((request, response) => {
  if (request.url === "/download") {
    response.setHeader("content-length", parts * part.length);
    let sent = 0;
    const timer = setInterval(() => {
      response.write(part);
      if (++sent === parts) { clearInterval(timer); response.end(); }
    }, 100);
  } else if (request.url === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const tell = () => response.write("data: " + process.env.NAGI_RELEASE + "\\n\\n");
    const timer = setInterval(tell, 200);
    tell();
    events.add(() => { clearInterval(timer); response.end("data: bye\\n\\n"); });
  } else response.end(process.env.NAGI_RELEASE);
});
server.on("upgrade", (request, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n");
  socket.on("data", (data) => socket.writable && socket.write(data));
  socket.on("error", () => undefined);
  sockets.add(socket);
});
setTimeout(() => server.listen(process.env.PORT), ${startMs});
process.on("SIGTERM", () => {
  for (const end of events) end();
  for (const socket of sockets) socket.end("bye");
  server.close(() => process.exit(0));
});
`;

export interface LongRequests {
  /** When all three are answered: their instances have them. */
  readonly open: Promise<unknown>;
  readonly ended: Promise<LongOutcome>;
}

export interface LongOutcome {
  /** Bytes of the download, and whether it was not cut off. */
  readonly download: { readonly bytes: number; readonly isWhole: boolean };
  readonly events: { readonly text: string; readonly isWhole: boolean };
  /** A number every 50 ms until the other side ended; what came back. */
  readonly socket: { readonly sent: string; readonly got: string };
}

interface Target {
  readonly port: number;
  readonly host: string;
}

export function longRequests(target: Target): LongRequests {
  const [download, events, socket] = [stream(target, "/download"), stream(target, "/events"), echo(target)];
  const open = Promise.all([download, events, socket]);
  const ended = open.then(async ([first, second, third]): Promise<LongOutcome> => {
    const [got, told, echoed] = await Promise.all([first.ended, second.ended, third.ended]);
    return { download: { bytes: got.text.length, isWhole: got.isWhole }, events: told, socket: echoed };
  });
  return { open, ended };
}

const askedOf = ({ port, host }: Target, path: string) => ({
  host: "127.0.0.1",
  port,
  path,
  agent: false as const,
  headers: { host: `${host}:${port}` },
});

interface Answered<T> {
  readonly ended: Promise<T>;
}

type Stream = { readonly text: string; readonly isWhole: boolean };

function stream(target: Target, path: string): Promise<Answered<Stream>> {
  return new Promise((resolve, reject) => {
    get(askedOf(target, path), (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("error", () => undefined);
      const ended = new Promise<Stream>((end) => {
        response.on("close", () => end({ text, isWhole: response.complete }));
      });
      resolve({ ended });
    }).on("error", reject);
  });
}

function echo(target: Target): Promise<Answered<LongOutcome["socket"]>> {
  const asked = askedOf(target, "/echo");
  const headers = { ...asked.headers, connection: "Upgrade", upgrade: "echo" };
  return new Promise((resolve, reject) => {
    const upgrade = request({ ...asked, headers });
    upgrade.on("error", reject).on("upgrade", (_response, socket: Socket) => {
      let [sent, got, next] = ["", "", 0];
      const timer = setInterval(() => {
        const text = `${next++},`;
        sent += text;
        socket.write(text);
      }, 50);
      socket.on("data", (data: Buffer) => {
        got += data.toString();
        if (got.endsWith("bye")) clearInterval(timer);
      });
      const ended = new Promise<LongOutcome["socket"]>((end, fail) => {
        socket.on("error", fail);
        socket.on("end", () => clearInterval(timer));
        socket.on("close", () => end({ sent, got }));
      });
      resolve({ ended });
    });
    upgrade.end();
  });
}

/** What is wrong with how they ended: nothing, where each ended as the app wanted it. */
export function cutOff({ download, events, socket }: LongOutcome): readonly string[] {
  const echoed = socket.got.replace(/bye$/, "");
  const problems: readonly (readonly [boolean, string])[] = [
    [
      download.isWhole && download.bytes === downloadBytes,
      `the download ended after ${download.bytes} bytes`,
    ],
    [events.isWhole && /^(data: v\d+\n\n)+data: bye\n\n$/.test(events.text), `events ended: ${events.text}`],
    // All that was sent before the app said that it ends came back, in order.
    [
      /^(\d+,)+bye$/.test(socket.got) && socket.sent.startsWith(echoed),
      `the web socket got ${socket.got} for ${socket.sent}`,
    ],
  ];
  return problems.flatMap(([isFine, problem]) => (isFine ? [] : [problem]));
}
