/** What a benchmark starts ends with it, also when it is told to end early. */

import { constants } from "node:os";
import { TestPlatform, type PlatformOptions } from "../test/harness/platform.ts";

const ends: (() => void | Promise<void>)[] = [];

/** Called when the benchmark is interrupted or told to end. */
export function atSignal(end: () => void | Promise<void>): void {
  if (ends.push(end) > 1) return;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => {
      void Promise.allSettled(ends.map(async (each) => await each())).then(() =>
        process.exit(128 + constants.signals[name]),
      );
    });
  }
}

/** A platform that no early end leaves running. `stop` it all the same. */
export async function startBenchPlatform(options?: PlatformOptions): Promise<TestPlatform> {
  const starting = TestPlatform.start(options);
  atSignal(async () => (await starting).stop());
  return await starting;
}
