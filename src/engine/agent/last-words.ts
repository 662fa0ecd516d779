/** What the engine does not say of a container that has ended: its last message, and whether memory ran out. */

import { open } from "node:fs/promises";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { wasOomKilled } from "../../lib/kernel-log.ts";
import type { ContainerRecord } from "./container-record.ts";
import { terminationLogMaxBytes, terminationLogTailLines, terminationMessageMaxBytes } from "./limits.ts";

/** 128 and the number of SIGKILL. */
const killedExitCode = 137;

export async function withLastWords(
  engine: ContainerEngine,
  record: ContainerRecord,
): Promise<ContainerRecord> {
  const killed = record.exitCode === killedExitCode && !record.oomKilled;
  const written = record.terminationLog === "" ? "" : await readMessage(record.terminationLog);
  const asksLog = written === "" && record.logIsMessage && record.exitCode !== 0;
  return {
    ...record,
    message: asksLog ? await readLogEnd(engine, record) : written,
    oomKilled: record.oomKilled || (killed && (await wasOomKilled(record.id)) === true),
  };
}

async function readMessage(file: string): Promise<string> {
  const handle = await open(file, "r").catch(() => undefined);
  if (handle === undefined) return "";
  try {
    const buffer = Buffer.alloc(terminationMessageMaxBytes);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead).toString();
  } finally {
    await handle.close();
  }
}

async function readLogEnd(engine: ContainerEngine, { id, tty }: ContainerRecord): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const { data } of engine.containerLogs(id, { tail: terminationLogTailLines, tty }))
    chunks.push(data);
  return Buffer.concat(chunks).subarray(-terminationLogMaxBytes).toString();
}
