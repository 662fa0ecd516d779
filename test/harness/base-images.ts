/** Before the engine tests: the base images that they build on. A look each when they are there. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/lib/clock.ts";
import { EngineHost } from "../../src/lib/container-engine-host.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { ensurePlatforms } from "../../src/platform/platforms/ensure-platforms.ts";

export async function setup(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "nagi-base-images-"));
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const host = new EngineHost({
    dir: join(directory, "engine"),
    env: { PATH: env["PATH"] ?? "", HOME: env["HOME"] ?? "/root" },
    clock: systemClock,
    log: silentLogger,
  });
  await host.start();
  try {
    const recipesDir = join(import.meta.dirname, "../../platforms");
    const workDir = join(directory, "work");
    const options = { engine: host.engine, recipesDir, workDir, env, clock: systemClock };
    await ensurePlatforms(options, ({ platform, text, state }) => {
      if (state !== "working") console.log(`platform ${platform}: ${text}`);
    });
  } finally {
    await host.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
