/**
 * Whether the kernel ended processes of a control group because its memory limit was reached. Engines know that too,
 * but Podman with the first version of control groups does not always; the kernel's own log names the group.
 */

import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** The kernel's log is a ring of some 256 KiB to a few MiB. */
const maxRecords = 100_000;
const recordBytes = 8192;

/** What is read: one record at a time, as the kernel gives them. */
export interface RecordReader {
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: null,
  ): Promise<{ readonly bytesRead: number }>;
}

/** `group`: what the name of the control group contains. Undefined when the log cannot be read, which needs root. */
export async function wasOomKilled(group: string): Promise<boolean | undefined> {
  const log = await open("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (log === undefined) return undefined;
  try {
    return await tellsOfOom(log, group);
  } finally {
    await log.close();
  }
}

export async function tellsOfOom(log: RecordReader, group: string): Promise<boolean> {
  const buffer = Buffer.alloc(recordBytes);
  for (let count = 0; count < maxRecords; count += 1) {
    try {
      const { bytesRead } = await log.read(buffer, 0, buffer.length, null);
      const record = buffer.toString("utf8", 0, bytesRead);
      if (record.includes("oom_memcg=") && record.includes(group)) return true;
    } catch (error) {
      // The end of the log.
      if (isErrno(error, "EAGAIN")) return false;
      // The next record was overwritten before it was read: reading goes on with the oldest that is left.
      if (!isErrno(error, "EPIPE")) throw error;
    }
  }
  return false;
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
