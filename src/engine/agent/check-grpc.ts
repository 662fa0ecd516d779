/** The gRPC health check, spoken by hand: one unary call with one string in and one enum out. */

import { connect } from "node:http2";
import type { Probe } from "../../model/kinds/core/pod/probe.ts";
import { dialText, type CheckResult, type CheckTarget } from "./check-target.ts";

const servingStatus = 1;
const maxAnswerBytes = 4096;

export function checkGrpc(action: NonNullable<Probe["grpc"]>, target: CheckTarget): Promise<CheckResult> {
  const { address, timeoutMs } = target;
  const { port, service = "" } = action;
  const { promise, resolve } = Promise.withResolvers<CheckResult>();
  const fail = (message: string): void => resolve({ ok: false, message });
  const session = connect(`http://${address}:${port}`);
  session.on("error", (error: NodeJS.ErrnoException) => fail(dialText(error, address, port)));
  const stream = session.request({
    ":method": "POST",
    ":path": "/grpc.health.v1.Health/Check",
    "content-type": "application/grpc",
    te: "trailers",
  });
  const chunks: Buffer[] = [];
  let size = 0;
  let grpcStatus = "";
  stream.on("error", ({ cause, message }) => {
    fail(cause instanceof Error ? dialText(cause, address, port) : message);
  });
  stream.on("response", (headers) => (grpcStatus = String(headers["grpc-status"] ?? grpcStatus)));
  stream.on("trailers", (headers) => (grpcStatus = String(headers["grpc-status"] ?? grpcStatus)));
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxAnswerBytes) chunks.push(chunk);
  });
  stream.on("end", () => {
    const status = statusIn(Buffer.concat(chunks));
    const good = grpcStatus === "0" && status === servingStatus;
    const asked = `grpc.health.v1.Health/Check of ${address}:${port}`;
    resolve(
      good
        ? { ok: true, message: "" }
        : { ok: false, message: `${wrongText(grpcStatus, service)} (${asked})` },
    );
  });
  stream.end(framed(service));
  const timer = setTimeout(
    () => fail(`timeout: failed to connect service "${address}:${port}" within ${timeoutMs} ms`),
    timeoutMs,
  );
  return promise.finally(() => {
    clearTimeout(timer);
    session.destroy();
  });
}

/** A message of five bytes of header and the service's name as field 1. */
function framed(service: string): Buffer {
  const name = Buffer.from(service).subarray(0, 127);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** Field 1 of the answer, a small number. */
function statusIn(answer: Buffer): number {
  return answer.length >= 7 && answer[5] === 0x08 ? (answer[6] ?? 0) : 0;
}

function wrongText(grpcStatus: string, service: string): string {
  if (grpcStatus === "0") return "service unhealthy (responded with other than SERVING)";
  if (grpcStatus === "12")
    return "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)";
  return `error: health rpc of service ${JSON.stringify(service)} failed with status ${grpcStatus || "unknown"}`;
}
