/** What a store's connection can do to a request: none of it is an error that nobody hears of. */

import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { answerOf } from "../../src/platform/addons/backups/answer-of.ts";
import { S3Bucket } from "../../src/platform/addons/backups/s3-bucket.ts";

const { signal } = new AbortController();
/** More than the buffers of both ends take while nobody reads. */
const part = Buffer.alloc(64 * 1024 * 1024);
let server: Server;
let asked: Promise<Socket>;

const connected = async (): Promise<Socket> => {
  const [socket] = (await once(server, "connection")) as [Socket];
  socket.on("error", () => undefined);
  await once(socket, "readable");
  return socket;
};

beforeEach(async () => {
  server = createServer();
  asked = connected();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => server.close());

const port = (): number => (server.address() as AddressInfo).port;
const bucket = (): S3Bucket => {
  const s3 = { endpoint: `http://127.0.0.1:${port()}`, bucket: "b", secret: "s" };
  return new S3Bucket(s3, { accessKeyId: "id", secretAccessKey: "key" }, { ca: "", proxies: {} });
};
const refusal = "<Error><Code>AccessDenied</Code><Message>not yours</Message></Error>";

it("tells what a store says that refuses a part before it has read it, and lets go of the rest", async () => {
  const putting = bucket().putPart("p", { id: "u", number: 1, body: part });
  const socket = await asked;
  socket.write(`HTTP/1.1 403 Forbidden\r\ncontent-length: ${refusal.length}\r\n\r\n${refusal}`);
  await expect(putting).rejects.toThrow("cannot write p in the store: 403 AccessDenied: not yours");
  // What is left of the part is not sent, nor waited for.
  socket.resume();
  await once(socket, "close");
  expect(socket.bytesRead).toBeLessThan(part.length);
});

it("hears of a store that hangs up after it refused a part", async () => {
  const request = httpRequest({ port: port(), method: "PUT", headers: { "content-length": part.length } });
  const answering = answerOf(request, { silenceMaxMs: 60_000 });
  request.end(part);
  const socket = await asked;
  socket.write("HTTP/1.1 507 Insufficient Storage\r\ncontent-length: 9\r\n\r\nbegin");
  const answer = await answering;
  socket.resetAndDestroy();
  await expect(answer.toArray()).rejects.toThrow(/ECONNRESET|EPIPE/);
});

it("says that a store hung up in the middle of an object", async () => {
  const chunks = bucket().read("o", signal);
  const first = chunks.next();
  const socket = await asked;
  socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nrows");
  expect(String((await first).value)).toBe("rows");
  socket.resetAndDestroy();
  await expect(chunks.next()).rejects.toThrow("ECONNRESET");
});

it("ends an answer that stops, but not one that its reader lets wait", async () => {
  const silenceMaxMs = 50;
  const request = httpRequest({ port: port() });
  const answering = answerOf(request, { silenceMaxMs });
  request.end();
  const socket = await asked;
  socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nrows");
  const answer = await answering;
  // More than once.
  for (let count = 0; count < 2; count += 1) await once(request.socket as Socket, "timeout");
  expect(request.destroyed).toBe(false);
  const chunks = answer[Symbol.asyncIterator]();
  expect(String((await chunks.next()).value)).toBe("rows");
  await expect(chunks.next()).rejects.toThrow("no byte for 0.05 s");
});

it("takes an object of a bucket that is gone for removed, but not on the word of a proxy", async () => {
  const answer = async (body: string): Promise<void> => {
    const socket = await asked;
    socket.end(`HTTP/1.1 404 Not Found\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  };
  const [removed] = await Promise.all([
    bucket().remove("o"),
    answer("<Error><Code>NoSuchBucket</Code></Error>"),
  ]);
  expect(removed).toBeUndefined();
  asked = connected();
  const refused = expect(bucket().remove("o")).rejects.toThrow(
    "cannot remove o in the store: 404 no backend",
  );
  await Promise.all([refused, answer("no backend")]);
});
