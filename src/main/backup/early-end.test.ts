/** Backups and restores that are interrupted leave nothing behind. */

import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand } from "../../cli/testing/command-bench.ts";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { openStore } from "../../engine/store/open-store.ts";
import { silentLogger } from "../../lib/log.ts";
import { command as backup } from "../commands/backup.ts";
import { paths } from "../config.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import { originEntry } from "./manifest.ts";
import { restoreBackup } from "./restore-backup.ts";

let folder: string;
let stop: AbortController;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nagi-early-end-"));
  stop = new AbortController();
});
afterEach(() => rmSync(folder, { recursive: true }));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a backup", async () => {
  const dataDir = join(folder, "nagi");
  mkdirSync(join(dataDir, "app-logs"), { recursive: true });
  await (await openStore({ path: paths(dataDir).store, log: silentLogger }))[Symbol.asyncDispose]();
  writeFileSync(join(dataDir, "app-logs", "large"), "");
  truncateSync(join(dataDir, "app-logs", "large"), 4 * 1024 ** 3);
  const file = join(folder, "a.tar.zst");
  const { signal } = stop;
  const made = runCommand(backup, new FakeClient(), [file, "--data-dir", dataDir], { signal });
  made.catch(() => undefined);
  await until(() => existsSync(`${file}.part`) && existsSync(join(dataDir, "work")));
  stop.abort();
  await expect(made).rejects.toBe(signal.reason);
  expect(readdirSync(folder)).toEqual(["nagi"]);
  expect(readdirSync(join(dataDir, "work"))).toEqual([]);
});

test("a restore whose input has not ended", async () => {
  const archive = join(folder, "a.tar");
  const writer = new ArchiveWriter(createWriteStream(archive), "none");
  await writer.bytes(originEntry, Buffer.from('{"format":1,"version":"0"}'), new Date());
  const meta = { mode: 0o40_700, uid: 0, gid: 0, mtime: new Date() };
  await writer.entry("data", { ...meta, type: "directory" });
  await writer.bytes("data/large", Buffer.alloc(1024 ** 2, "x"), new Date());
  await writer.finish();
  const input = new PassThrough({ highWaterMark: 1024 ** 2 });
  input.write(readFileSync(archive).subarray(0, 1024 ** 2 / 2));
  const dataDir = join(folder, "nagi");
  const { signal } = stop;
  const options = { input, name: "a.tar", dataDir, ports: {}, signal, onProgress: () => undefined };
  const restored = restoreBackup(options);
  restored.catch(() => undefined);
  await until(() => existsSync(join(`${dataDir}.restoring`, "data", "large")));
  stop.abort();
  await expect(restored).rejects.toThrow("aborted");
  expect(readdirSync(folder)).toEqual(["a.tar"]);
});
