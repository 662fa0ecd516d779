import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { checkGrpc } from "./check-grpc.ts";

let server: Http2Server | undefined;

afterEach(() => void server?.close());

/** Serves one answer: the status byte of the health message and the gRPC status. */
async function serve(serving: number, grpcStatus: string): Promise<number> {
  server = createServer();
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": grpcStatus }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, serving]));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function check(port: number) {
  const target = {
    container: { name: "main" },
    containerId: "",
    address: "127.0.0.1",
    timeoutMs: 1000,
    outputMaxBytes: 1,
  };
  const engine = new ContainerEngine("/none");
  return checkGrpc({ port, service: "svc" }, { ...target, engine, signal: new AbortController().signal });
}

test("SERVING holds", async () => {
  expect(await check(await serve(1, "0"))).toEqual({ ok: true, message: "" });
});

test("anything else does not, and says why", async () => {
  expect((await check(await serve(2, "0"))).message).toContain("other than SERVING");
  server?.close();
  expect((await check(await serve(1, "12"))).message).toContain("does not implement");
  server?.close();
  expect((await check(1)).message).toBe("dial tcp 127.0.0.1:1: connect: connection refused");
});
