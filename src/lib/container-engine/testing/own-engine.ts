/** An engine service of a test's own, as Nagi runs it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../clock.ts";
import { silentLogger } from "../../log.ts";
import type { ContainerEngine } from "../container-engine.ts";
import { EngineHost } from "../engine-host.ts";

export interface OwnEngine extends AsyncDisposable {
  readonly engine: ContainerEngine;
}

/** `PATH` is that of a service: what a developer's shell adds is not on it. */
export async function startOwnEngine(): Promise<OwnEngine> {
  const dir = mkdtempSync(join(tmpdir(), "nagi-own-engine-"));
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", HOME: dir };
  const host = new EngineHost({ dir, env, clock: systemClock, log: silentLogger });
  await host.start();
  return {
    engine: host.engine,
    async [Symbol.asyncDispose]() {
      await host.stop();
      rmSync(dir, { recursive: true });
    },
  };
}
