/** Cleans up after builds: their logs, sources, caches and images, once nobody needs them any more. */

import { sleep } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { isEnded } from "../../model/kinds/build/build-phases.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import type { BuildLogs } from "./build-log.ts";
import { CacheSweeper } from "./caches.ts";
import { removeFetchLeftovers } from "./fetch-leftovers.ts";
import { removeOldImages } from "./old-images.ts";
import type { BuildsOptions } from "./work.ts";

/** Sources that no build wants are kept this long: the push that brought them may still make its build. */
const sourceKeepMs = 60 * 60_000;
/** That of a build that failed is kept longer, for `nagi builds retry`. */
const retrySourceKeepMs = 24 * 60 * 60_000;
const sweepEveryMs = 10 * 60_000;

export class BuildSweep {
  readonly #options: BuildsOptions;
  readonly #logs: BuildLogs;
  readonly #caches: CacheSweeper;

  constructor(options: BuildsOptions, logs: BuildLogs) {
    this.#options = options;
    this.#logs = logs;
    this.#caches = new CacheSweeper(options);
  }

  /** After a build or its app is gone. */
  cachesSoon(signal: AbortSignal): void {
    this.#caches.soon(signal);
  }

  /** From time to time, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#sweep(signal).catch((error: unknown) => {
        if (!signal.aborted)
          this.#options.log.warn("cannot clean up after builds", { error: messageOf(error) });
      });
      await sleep(this.#options.clock, sweepEveryMs, signal);
    }
  }

  /** Logs of builds that are no more, sources that nobody built, images that nothing needs. */
  async #sweep(signal: AbortSignal): Promise<void> {
    const { items } = await this.#options.client.list(buildKind);
    const now = new Date(this.#options.clock.now());
    for (const wanting of items.filter((item) => wantsSource(item, now.getTime()))) {
      const id = wanting.spec.source?.binary?.asFile;
      if (id !== undefined && (await this.#options.sources.has(id)))
        await this.#options.sources.touch(id, now);
    }
    await this.#logs.keepOnly(new Set(items.map(({ metadata }) => metadata.uid ?? "")));
    await this.#options.sources.prune(new Date(now.getTime() - sourceKeepMs));
    await this.#caches.sweep();
    await removeOldImages(this.#options, signal);
  }

  /** To be called before the first build: it would take what that fetches for a leftover. */
  async removeFetched(): Promise<void> {
    try {
      for (const path of await removeFetchLeftovers())
        this.#options.log.info("removed what a fetch left that was cut off", { path });
    } catch (error) {
      this.#options.log.warn("cannot remove what fetches left", { error: messageOf(error) });
    }
  }
}

/** It waits or runs, or it may be built again: of a push that was rejected git keeps nothing. */
function wantsSource(build: Build, nowMs: number): boolean {
  if (!isEnded(build)) return true;
  const { phase, completionTimestamp } = build.status ?? {};
  return phase !== "Complete" && nowMs - Date.parse(completionTimestamp ?? "") < retrySourceKeepMs;
}
