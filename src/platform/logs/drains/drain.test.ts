import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { expect, test } from "vitest";
import { issueCa, issueServing } from "../../../lib/certificates/certificates.ts";
import { systemClock } from "../../../lib/clock.ts";
import { parseDrainUrl } from "../../../model/kinds/nagi/logdrain/drain-url.ts";
import type { LogLine } from "../../../model/log-line.ts";
import { Drain } from "./drain.ts";
import { bufferMaxLines, LineBuffer } from "./line-buffer.ts";
import { jsonLine, syslogFrame } from "./line-formats.ts";
import { openReceiver } from "./receivers.ts";

const origin = { namespace: "default", app: "shop" };

function line(text: string, source = "web.x2x4q"): LogLine {
  return { time: "2026-11-26T10:00:01.123456789Z", source, text };
}

/** Runs until disposed; what it told the app's stream is in `told`. */
/** For a machine that is busy with other things. */
const patient = { timeout: 30_000 };

class RunningDrain implements AsyncDisposable {
  readonly told: string[] = [];
  readonly drain: Drain;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(url: string, ca = "", source?: string, problem?: () => string | undefined) {
    const target = parseDrainUrl(url);
    if (target === undefined) throw new Error(`no address: ${url}`);
    this.drain = new Drain({
      name: "1f2e",
      source,
      ...(problem === undefined ? {} : { problem }),
      open: () =>
        Promise.resolve(openReceiver(target, origin, { ca, proxies: {}, authorization: "me:secret" })),
      tell: (text) => this.told.push(text),
      counted: { sent: 100, dropped: 0 },
      clock: systemClock,
    });
    this.#done = this.drain.run(this.#stop.signal);
  }

  add(...texts: readonly string[]): void {
    this.drain.listener(texts.map((text) => line(text)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

/** Frames of octet counting. */
function framesIn(data: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(" ", at);
    const length = Number(data.toString("latin1", at, space));
    frames.push(data.toString("utf8", space + 1, space + 1 + length));
    at = space + 1 + length;
  }
  return frames;
}

test("lines are framed with their length in bytes", () => {
  const message = "<134>1 2026-11-26T10:00:01.123456Z shop app web.x2x4q - - déjà vu";
  expect(syslogFrame(line("déjà vu"), origin)).toBe(`${Buffer.byteLength(message)} ${message}`);
  expect(syslogFrame(line("GET /", "router"), origin)).toContain(" shop router router - - GET /");
  expect(JSON.parse(jsonLine(line("hi"), origin))).toEqual({
    time: "2026-11-26T10:00:01.123456789Z",
    namespace: "default",
    app: "shop",
    kind: "app",
    source: "web.x2x4q",
    text: "hi",
  });
});

test("syslog over TLS reaches a receiver of a private authority, and goes on when its connection is cut", async () => {
  const ca = await issueCa(Date.now());
  const identity = await issueServing(ca, ["localhost"], Date.now(), "CN=receiver");
  let received = Buffer.alloc(0);
  const sockets: Socket[] = [];
  const server = createTlsServer({ cert: identity.cert, key: identity.key }, (socket) => {
    sockets.push(socket);
    socket.on("data", (data: Buffer) => (received = Buffer.concat([received, data])));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const url = `syslog+tls://localhost:${(server.address() as AddressInfo).port}`;
  const texts = (): string[] => framesIn(received).map((frame) => frame.replace(/^.* - - /, ""));
  {
    await using running = new RunningDrain(url, ca.cert);
    running.add("one", "two");
    await expect.poll(texts, patient).toEqual(["one", "two"]);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => sockets.every(({ destroyed }) => destroyed), patient).toBe(true);
    // What is written at the moment of the cut may go with it.
    await expect
      .poll(() => {
        running.add("three");
        return texts().includes("three");
      }, patient)
      .toBe(true);
    expect(running.drain.status.phase).toBe("Sending");
  }
  await using stranger = new RunningDrain(url);
  stranger.add("secret");
  await expect.poll(() => stranger.told, patient).toHaveLength(1);
  expect(stranger.told[0]).toMatch(/^drain 1f2e fails: .*(certificate|CA)/i);
  expect(stranger.drain.status).toMatchObject({ phase: "Failing", sent: 100, buffered: 1 });
  expect(texts()).not.toContain("secret");
  server.close();
});

test("a receiver that reads nothing costs no connection and no lines once an attempt has failed", async () => {
  const sockets: Socket[] = [];
  let received = 0;
  const server = createTcpServer({ pauseOnConnect: true }, (socket) => {
    sockets.push(socket);
    socket.on("data", (data: Buffer) => (received += data.length));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const target = parseDrainUrl(`syslog://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const receiver = openReceiver(target!, origin, { ca: "", proxies: {}, patienceMs: 500 });
  const many = Array.from({ length: 1000 }, () => line("x".repeat(50_000)));
  await expect(receiver.send(many)).rejects.toThrow("the receiver takes nothing");
  receiver.close();
  await expect.poll(() => sockets.length, patient).toBe(1);
  sockets[0]!.resume();
  await expect.poll(() => sockets[0]!.destroyed, patient).toBe(true);
  expect(received).toBeLessThan(25_000_000);
  server.close();
});

test("HTTP gets JSON; what a receiver refuses is sent again, and what is too much is dropped and told of", async () => {
  let isUp = false;
  const bodies: string[] = [];
  const headers: (string | undefined)[] = [];
  const server: HttpServer = createHttpServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      headers.push(request.headers.authorization);
      if (isUp) bodies.push(body);
      response.writeHead(isUp ? 204 : 503).end(isUp ? "" : "be patient");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logs`;
  await using running = new RunningDrain(url, "", "web");
  running.drain.listener([line("not meant", "router")]);
  running.add(...Array.from({ length: bufferMaxLines + 5 }, (_, index) => `line ${index}`));
  await expect.poll(() => running.drain.status.message, patient).toBe("it answers 503: be patient");
  expect(running.drain.status).toMatchObject({ phase: "Failing", dropped: 5, buffered: bufferMaxLines });
  isUp = true;
  await expect.poll(() => running.drain.status.buffered, patient).toBe(0);
  const lines = bodies.flatMap((body) =>
    body
      .trim()
      .split("\n")
      .map((each) => JSON.parse(each) as LogLine),
  );
  const own = lines.filter(({ source }) => source !== "platform").map(({ text }) => text);
  expect(own).toEqual(Array.from({ length: bufferMaxLines }, (_, index) => `line ${index + 5}`));
  expect(lines.filter(({ source }) => source === "platform").map(({ text }) => text)).toEqual([
    "5 lines from 2026-11-26T10:00:01.123456789Z on were dropped: drain 1f2e did not take them",
  ]);
  expect(running.told).toEqual([
    "drain 1f2e fails: it answers 503: be patient",
    "drain 1f2e takes lines again",
    "5 lines from 2026-11-26T10:00:01.123456789Z on were dropped: drain 1f2e did not take them",
  ]);
  expect(headers[0]).toBe(`Basic ${Buffer.from("me:secret").toString("base64")}`);
  expect(running.drain.status).toMatchObject({ phase: "Sending", sent: 100 + bufferMaxLines, dropped: 5 });
  server.closeAllConnections();
  server.close();
});

test("a drain whose lines would come back sends nothing, until they would not", async () => {
  let taken = 0;
  const server = createHttpServer((request, response) => {
    taken += 1;
    request.resume().on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  let problem: string | undefined = "it leads to the app itself";
  await using running = new RunningDrain(url, "", undefined, () => problem);
  running.add("one");
  await expect.poll(() => running.drain.status.message, patient).toBe("it leads to the app itself");
  expect(taken).toBe(0);
  problem = undefined;
  await expect.poll(() => running.drain.status.sent, patient).toBe(101);
  server.close();
});

test("what is dropped while a batch is on its way is not removed twice", () => {
  const buffer = new LineBuffer();
  for (let index = 0; index < bufferMaxLines; index++) buffer.add(line(String(index)));
  const sent = buffer.peek(10);
  for (let index = 0; index < 5; index++) buffer.add(line("more"));
  buffer.remove(sent.slice(0, 10));
  expect(buffer.size).toBe(bufferMaxLines - 5);
  expect(buffer.peek(1)[0]?.text).toBe("10");
  expect(buffer.dropped).toBe(5);
});
