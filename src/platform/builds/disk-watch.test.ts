import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { systemClock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { EngineError } from "../../lib/container-engine/engine-transport.ts";
import { exceededDisk } from "./disk-watch.ts";

const root = mkdtempSync(join(tmpdir(), "nagi-disk-watch-"));
afterAll(() => rmSync(root, { recursive: true }));

test("a look that the engine fails is followed by the next, which sees what was written", async () => {
  mkdirSync(join(root, "overlay-containers"));
  writeFileSync(join(root, "overlay-containers/containers.json"), '[{"id":"one","layer":"of-one"}]');
  mkdirSync(join(root, "overlay/of-one/diff"), { recursive: true });
  writeFileSync(join(root, "overlay/of-one/diff/big"), "x".repeat(100_000));
  const looks = [
    () => Promise.reject(new EngineError(500, "layer not known")),
    () => Promise.resolve(["one"]),
  ];
  const engine = {
    storage: () => Promise.resolve({ root, driver: "overlay" }),
    listBuildLeftovers: () => looks.shift()?.() ?? Promise.resolve([]),
  } as unknown as ContainerEngine;
  const signal = AbortSignal.timeout(60_000);
  const watch = { engine, cgroup: "c", limitBytes: 50_000, clock: systemClock, signal };
  expect(await exceededDisk(watch)).toBe(50_000);
});
