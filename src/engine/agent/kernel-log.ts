/**
 * Whether the kernel ended processes of a container because its memory limit was reached. Engines know that too,
 * but Podman with the first version of control groups does not always; the kernel's own log names the group.
 */

import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** The kernel's log is a ring of some 256 KiB to a few MiB. */
const maxRecords = 100_000;
const recordBytes = 8192;

/** False when the log cannot be read, which needs root. */
export async function wasOomKilled(containerId: string): Promise<boolean> {
  const log = await open("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (log === undefined) return false;
  const buffer = Buffer.alloc(recordBytes);
  try {
    for (let count = 0; count < maxRecords; count += 1) {
      const { bytesRead } = await log.read(buffer, 0, buffer.length, null);
      const record = buffer.toString("utf8", 0, bytesRead);
      if (record.includes("oom_memcg=") && record.includes(containerId)) return true;
    }
    return false;
  } catch (error) {
    // EAGAIN: the end of the log. EPIPE: the record was overwritten while we read.
    if (isErrno(error, "EAGAIN") || isErrno(error, "EPIPE")) return false;
    throw error;
  } finally {
    await log.close();
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
