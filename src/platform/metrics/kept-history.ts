/** The form of an app's history in its file: a line of JSON, then its numbers, compressed together. Pure. */

import { zstdCompress, zstdDecompress } from "node:zlib";
import { promisify } from "node:util";
import { AppHistory, type KeptHistory } from "./history.ts";

const version = 1;
const numberBytes = Float64Array.BYTES_PER_ELEMENT;
/** More than the numbers of all steps of all process types that an app can have. */
const contentMaxBytes = 8 * 1024 * 1024;

interface Head {
  readonly version: number;
  /** Of the app. */
  readonly uid: string;
  /** Of the last step. */
  readonly timeMs: number;
  readonly count: number;
  /** How many numbers there are: of the router, then of each process type. */
  readonly router: number;
  readonly processes: readonly (readonly [type: string, numbers: number])[];
}

export interface KeptApp {
  readonly uid: string;
  readonly timeMs: number;
  readonly history: AppHistory;
}

export async function packHistory({ uid, timeMs, history }: KeptApp): Promise<Buffer> {
  const { count, router, processes } = history.kept();
  const sizes = processes.map(([type, rows]) => [type, rows.length] as const);
  const head: Head = { version, uid, timeMs, count, router: router.length, processes: sizes };
  const rows = [router, ...processes.map(([, each]) => each)];
  const plain = Buffer.concat([
    Buffer.from(`${JSON.stringify(head)}\n`),
    ...rows.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  ]);
  return await promisify(zstdCompress)(plain);
}

/** Rejects when the file is damaged; undefined when another version of Nagi wrote it. */
export async function unpackHistory(packed: Buffer): Promise<KeptApp | undefined> {
  const plain = await promisify(zstdDecompress)(packed, { maxOutputLength: contentMaxBytes });
  const end = plain.indexOf(10);
  const head = JSON.parse(plain.toString("utf8", 0, Math.max(0, end))) as Head;
  if (head.version !== version) return undefined;
  let at = end + 1;
  const take = (numbers: number): Float64Array => {
    const bytes = plain.subarray(at, at + numbers * numberBytes);
    at += bytes.length;
    // A copy: what was read need not lie where numbers may.
    return new Float64Array(Uint8Array.from(bytes).buffer);
  };
  const kept: KeptHistory = {
    count: head.count,
    router: take(head.router),
    processes: head.processes.map(([type, numbers]) => [type, take(numbers)] as const),
  };
  const history = AppHistory.restored(kept);
  return history === undefined ? undefined : { uid: head.uid, timeMs: head.timeMs, history };
}
