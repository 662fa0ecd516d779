import { once } from "node:events";
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../lib/clock.ts";
import { freePort } from "../../lib/free-port.ts";
import { silentLogger } from "../../lib/log.ts";
import type { ManagedProcess } from "../../lib/managed-process.ts";
import { Collector } from "./collect.ts";
import { RegistryStorage } from "./storage.ts";

interface Fault {
  readonly stop?: () => Promise<void>;
  /** In the data directory. */
  readonly spoil?: (dir: string) => Promise<unknown>;
}

/** Of a collection that fails: how often the registry was started, and that nobody has its port. */
async function failedCollection({ stop = async () => undefined, spoil }: Fault) {
  await using dir = await mkdtempDisposable(join(tmpdir(), "nagi-collect-"));
  await spoil?.(dir.path);
  const port = await freePort();
  let starts = 0;
  const program: Pick<ManagedProcess, "start" | "stop"> = {
    stop,
    start: () => Promise.resolve(starts++ === 0 ? "started" : "adopted"),
  };
  const collector = new Collector({
    dataDir: dir.path,
    port,
    configFile: "",
    env: {},
    storage: new RegistryStorage(join(dir.path, "storage")),
    program: program as ManagedProcess,
    clock: systemClock,
    log: silentLogger,
  });
  const remove = () => Promise.reject(new Error("cannot remove"));
  await expect(collector.collect(remove, new AbortController().signal)).rejects.toThrow("cannot");
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  server.close();
  return starts;
}

test.each<[string, Fault, number]>([
  ["when it could not be stopped", { stop: () => Promise.reject(new Error("cannot stop")) }, 1],
  [
    "though something is left lying about",
    // What is to be removed lies in no folder.
    { spoil: (dir) => writeFile(join(dir, "storage"), "") },
    1,
  ],
  [
    "but not while a sweep may go on",
    // Whether it runs cannot be read.
    { spoil: (dir) => mkdir(join(dir, "sweep.pid")) },
    0,
  ],
])("the registry serves again %s", async (_, fault, starts) => {
  expect(await failedCollection(fault)).toBe(starts);
});
