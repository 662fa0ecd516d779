/** What clients send as the source of a build, as the plain tar that the source store keeps. */

import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, pipeline as pipelineNow, Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { pack } from "tar-stream";
import { SourceTooLargeError } from "./source-store.ts";
import { UploadProblem } from "./upload-problem.ts";
import { withZipTar } from "./uploaded-zip.ts";

const fileMaxBytes = 2 * 1024 ** 3;
const blockBytes = 512;
const formats =
  "a tar, plain or compressed with gzip or zstd, or a zip; a single file is sent with asFile=NAME";

/** A tar of one file with the content; `use` is given it and must read it to its end. */
export async function withFileTar<T>(
  content: Readable,
  name: string,
  use: (tar: Readable) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "nagi-upload-"));
  try {
    // A tar says first how long a file is.
    const file = join(directory, "content");
    await pipeline(content, limited(fileMaxBytes), createWriteStream(file, { mode: 0o600 }));
    const { size } = await stat(file);
    if (size === 0) throw new UploadProblem(`the body is empty: it must be the content of ${name}`);
    const archive = pack();
    const entry = archive.entry({ name, size, mode: 0o644, mtime: new Date(0) });
    const writing = pipeline(createReadStream(file), entry).then(
      () => archive.finalize(),
      (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    const result = await use(archive as unknown as Readable);
    await writing;
    return result;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The tar in what is sent; `use` must read it to its end. Throws an UploadProblem for what is none. */
export async function withUploadedTar<T>(content: Readable, use: (tar: Readable) => Promise<T>): Promise<T> {
  const sent = await peeked(content);
  if (isZip(sent.first))
    return await withZipTar(
      pipelineNow(sent.all, limited(fileMaxBytes), () => undefined),
      use,
    );
  return await use(await unpackedTar(sent));
}

async function unpackedTar(sent: Peeked): Promise<Readable> {
  const magic = sent.first.subarray(0, 4).toString("hex");
  const unpacker = magic.startsWith("1f8b")
    ? createGunzip()
    : magic === "28b52ffd"
      ? createZstdDecompress()
      : undefined;
  if (sent.first.length === 0) throw new UploadProblem(`the body is empty: it must be ${formats}`);
  if (unpacker === undefined) {
    if (!isTar(sent.first))
      throw new UploadProblem(`the body is no archive that can be built: it must be ${formats}`);
    return sent.all;
  }
  const inner = await peeked(pipelineNow(sent.all, unpacker, () => undefined));
  if (isTar(inner.first)) return inner.all;
  inner.all.destroy();
  throw new UploadProblem(`what the body holds compressed is no tar: it must be ${formats}`);
}

interface Peeked {
  /** The first block, or all when that is less. */
  readonly first: Buffer;
  /** Everything, the first block included. */
  readonly all: Readable;
}

async function peeked(content: Readable): Promise<Peeked> {
  const all = new PassThrough();
  const chunks: Buffer[] = [];
  let size = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (size < blockBytes) chunks.push(chunk);
      size += chunk.length;
      if (size >= blockBytes) resolve();
      done(null, chunk);
    },
    flush(done) {
      resolve();
      done();
    },
  });
  pipelineNow(content, look, all, (error) => {
    if (error) reject(error);
  });
  // Who reads hears of the error, too.
  all.on("error", () => undefined);
  await promise;
  return { first: Buffer.concat(chunks).subarray(0, blockBytes), all };
}

/** By the header of its first file, or by the end of one without files. A tar may begin with these letters too. */
function isZip(block: Buffer): boolean {
  return ["504b0304", "504b0506"].includes(block.toString("hex", 0, 4)) && !isTar(block);
}

/** By the checksum of its first header, which every tar has. */
function isTar(block: Buffer): boolean {
  if (block.length < blockBytes) return false;
  const told = Number.parseInt(block.toString("latin1", 148, 156).replace(/\0.*/, "").trim(), 8);
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  return told === sum;
}

function limited(maxBytes: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > maxBytes) done(new SourceTooLargeError(maxBytes));
      else done(null, chunk);
    },
  });
}
