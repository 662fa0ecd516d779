import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newObject } from "../../model/kind.ts";
import { build, type Build } from "../../model/kinds/build/build/build.ts";
import { BuildLogs } from "./build-log.ts";

test("who follows a log at the moment in which it begins hears all of it", async () => {
  const directory = await mkdtemp(join(tmpdir(), "nagi-build-logs-"));
  const logs = new BuildLogs({ directory, maxBytes: 1000 });
  try {
    for (let round = 0; round < 20; round++) {
      const uid = `b-${round}`;
      // The file is there; that it is being written is not known yet.
      await writeFile(join(directory, `${uid}.log`), "");
      const starting = logs.start(uid);
      const heard = Array.fromAsync(
        logs.log(newObject<Build>(build, { name: "b", uid }, { spec: { strategy: {} } }), { follow: true }),
      );
      const log = await starting;
      log.line("all of it");
      await logs.end(uid);
      expect(Buffer.concat(await heard).toString()).toBe("all of it\n");
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("who follows a log that cannot be written waits for its end", async () => {
  const directory = await mkdtemp(join(tmpdir(), "nagi-build-logs-"));
  const logs = new BuildLogs({ directory, maxBytes: 1000 });
  try {
    const file = join(directory, "b-1.log");
    await symlink("/dev/full", file);
    const log = await logs.start("b-1");
    // What was opened takes nothing; what is read is an empty file.
    await rm(file);
    await writeFile(file, "");
    const object = newObject<Build>(build, { name: "b", uid: "b-1" }, { spec: { strategy: {} } });
    const heard = Array.fromAsync(logs.log(object, { follow: true }));
    log.line("lost");
    await logs.end("b-1");
    expect(await heard).toEqual([]);
    expect(log.writtenBytes).toBe(0);
  } finally {
    await rm(directory, { recursive: true });
  }
});
