/** Readers of the two shapes in which an engine streams: lines of JSON, and frames of two outputs in one. */

import type { Readable } from "node:stream";

/** A line or frame longer than this is a fault of the engine, not of what it runs. */
const maxRecordBytes = 16 * 1024 * 1024;
const frameHeaderBytes = 8;

export interface OutputFrame {
  readonly stream: "stdout" | "stderr";
  readonly data: Buffer;
}

/** One JSON value a line. */
export async function* jsonLines<T>(body: Readable): AsyncGenerator<T> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (rest.length > maxRecordBytes) throw new Error("cannot read the engine's answer: a line has no end");
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end).toString().trim();
      rest = rest.subarray(end + 1);
      if (line !== "") yield JSON.parse(line) as T;
    }
  }
  const last = rest.toString().trim();
  if (last !== "") yield JSON.parse(last) as T;
}

/** Takes the multiplexed output of a container without a terminal apart: 8 bytes of header, then the data. */
export async function* outputFrames(body: Readable): AsyncGenerator<OutputFrame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= frameHeaderBytes) {
      const size = rest.readUInt32BE(4);
      if (size > maxRecordBytes) throw new Error("cannot read the engine's output: a frame is too long");
      if (rest.length < frameHeaderBytes + size) break;
      const data = rest.subarray(frameHeaderBytes, frameHeaderBytes + size);
      yield { stream: rest[0] === 2 ? "stderr" : "stdout", data };
      rest = rest.subarray(frameHeaderBytes + size);
    }
  }
}
