import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock, type Clock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { silentLogger } from "../../lib/log.ts";
import { exceededDisk } from "./disk-watch.ts";

const impatient: Clock = { now: () => 0, after: (_, task) => systemClock.after(0, task) };

test("a build is watched on after the engine did not answer", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "nagi-disk-watch-"));
  const containers = join(dir.path, "overlay-containers");
  const diff = join(dir.path, "overlay", "layer-1", "diff");
  for (const folder of [containers, diff]) await mkdir(folder, { recursive: true });
  await writeFile(join(containers, "containers.json"), JSON.stringify([{ id: "step-1", layer: "layer-1" }]));
  await writeFile(join(diff, "file"), Buffer.alloc(100_000));
  const storage = { root: dir.path, driver: "overlay" };
  const engine: Pick<ContainerEngine, "storage" | "listBuildLeftovers"> = {
    storage: failingOnce(storage),
    listBuildLeftovers: failingOnce(["step-1"]),
  };
  const exceeded = await exceededDisk({
    engine: engine as ContainerEngine,
    cgroup: "build-1",
    limitBytes: 50_000,
    clock: impatient,
    log: silentLogger,
    signal: new AbortController().signal,
  });
  expect(exceeded).toBe(50_000);
});

function failingOnce<T>(answer: T): () => Promise<T> {
  let asked = 0;
  return () => (asked++ === 0 ? Promise.reject(new Error("no answer")) : Promise.resolve(answer));
}
