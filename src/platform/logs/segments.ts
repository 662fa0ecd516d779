/**
 * The files that hold an app's lines: `current.log`, and what was filled before as `<number>.log.gz`. Which of them go
 * is decided by size and age.
 */

import { createReadStream, createWriteStream } from "node:fs";
import { open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGzip, gunzip } from "node:zlib";

export const currentName = "current.log";
const gunzipped = promisify(gunzip);
/** Of one segment: a damaged file must not fill the memory. */
const segmentTextMaxBytes = 64 * 1024 * 1024;

export interface Segment {
  readonly name: string;
  readonly number: number;
  readonly bytes: number;
  /** When its last line was written. */
  readonly endMs: number;
}

export interface LogLimits {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** The full ones, the oldest first. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const found = await Promise.all(
    names.map(async (name): Promise<Segment | undefined> => {
      const number = Number(/^(\d+)\.log(\.gz)?$/.exec(name)?.[1]);
      if (Number.isNaN(number)) return undefined;
      const { size, mtimeMs } = await stat(join(dir, name));
      return { name, number, bytes: size, endMs: mtimeMs };
    }),
  );
  return found.filter((each) => each !== undefined).toSorted((a, b) => a.number - b.number);
}

/** Those that are too old, and the oldest of what is too much. */
export function segmentsToDrop(
  segments: readonly Segment[],
  currentBytes: number,
  { maxBytes, maxAgeMs }: LogLimits,
  nowMs: number,
): Segment[] {
  let bytes = currentBytes;
  return segments
    .toReversed()
    .filter((segment) => {
      bytes += segment.bytes;
      return bytes > maxBytes || nowMs - segment.endMs > maxAgeMs;
    })
    .toReversed();
}

export async function dropSegments(dir: string, segments: readonly Segment[]): Promise<void> {
  for (const { name } of segments) await rm(join(dir, name), { force: true });
}

/** The text of a segment; empty when it has gone meanwhile. */
export async function readSegment(dir: string, name: string): Promise<string> {
  const data = await readFile(join(dir, name)).catch(ifMissing);
  if (data === undefined) return "";
  if (!name.endsWith(".gz")) return data.toString("utf8");
  return (await gunzipped(data, { maxOutputLength: segmentTextMaxBytes })).toString("utf8");
}

/** Compresses what a rotation, or one that was cut short, has left. */
export async function compress(dir: string, { name, endMs }: Pick<Segment, "name" | "endMs">): Promise<void> {
  const plain = join(dir, name);
  const partial = `${plain}.gz.new`;
  await pipeline(createReadStream(plain), createGzip(), createWriteStream(partial, { mode: 0o600 }));
  const handle = await open(partial, "r+");
  try {
    await handle.utimes(endMs / 1000, endMs / 1000);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, `${plain}.gz`);
  await rm(plain);
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
