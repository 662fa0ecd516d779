/** Before the engine tests: the base images that they build on. A look each when they are there. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/lib/clock.ts";
import { EngineHost } from "../../src/lib/container-engine/engine-host.ts";
import { silentLogger } from "../../src/lib/log.ts";
import type { Outside } from "../../src/lib/outside.ts";
import { outsideOf } from "../../src/main/outside.ts";
import { ensurePlatforms } from "../../src/platform/platforms/ensure-platforms.ts";

export async function setup(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "nagi-base-images-"));
  const host = new EngineHost({
    dir: join(directory, "engine"),
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/root" },
    clock: systemClock,
    log: silentLogger,
  });
  await host.start();
  try {
    const recipesDir = join(import.meta.dirname, "../../platforms");
    const workDir = join(directory, "work");
    const outside = (): Promise<Outside> => outsideOf(directory);
    const options = { engine: host.engine, recipesDir, workDir, outside, clock: systemClock };
    await ensurePlatforms(options, ({ platform, text, state }) => {
      if (state !== "working") console.log(`platform ${platform}: ${text}`);
    });
  } finally {
    await host.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
