/**
 * Shows the platforms as objects: makes the images that are missing and says in each Platform how far its image
 * is. Builds find their base image there.
 *
 * What must stay true: a Platform is Ready only while its image is in the engine; recipes that come with Nagi
 * have their Platform without anybody making it.
 */

import type { Client } from "../../client/client.ts";
import { sleep } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { setCondition } from "../../model/conditions.ts";
import { newObject } from "../../model/kind.ts";
import { platform as platformKind, type Platform } from "../../model/kinds/nagi/platform/platform.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import {
  ensurePlatforms,
  type EnsurePlatformsOptions,
  type PlatformImage,
  type PlatformProgress,
} from "./ensure-platforms.ts";

/** How often it is looked whether the images are still there. */
const checkEveryMs = 5 * 60_000;
/** After a failure, which may be of the network. */
const retryEveryMs = 30_000;

export interface PlatformsOptions extends EnsurePlatformsOptions {
  readonly client: Client;
  readonly log: Logger;
}

export interface Platforms {
  run(signal: AbortSignal): Promise<void>;
}

type Status = NonNullable<Platform["status"]>;

export function createPlatforms(options: PlatformsOptions): Platforms {
  const publisher = new Publisher(options);
  return {
    async run(signal) {
      while (!signal.aborted) {
        const succeeded = await publisher.publish(signal);
        await sleep(options.clock, succeeded ? checkEveryMs : retryEveryMs, signal);
      }
    },
  };
}

class Publisher {
  readonly #options: PlatformsOptions;
  /** Writes take turns, so that an early word never overwrites a later one. */
  #writing: Promise<void> = Promise.resolve();

  constructor(options: PlatformsOptions) {
    this.#options = options;
  }

  async publish(signal: AbortSignal): Promise<boolean> {
    const { log } = this.#options;
    try {
      const images = await ensurePlatforms({ ...this.#options, signal }, (progress) => this.#tell(progress));
      await this.#writing;
      for (const image of images) await this.#write(image.name, ready(image));
      return true;
    } catch (error) {
      if (!signal.aborted) log.warn("cannot make the platforms", { error: messageOf(error) });
      await this.#writing;
      return false;
    }
  }

  #tell({ platform, state, text }: PlatformProgress): void {
    if (state === "made") return;
    const phase = state === "failed" ? "Failed" : "Building";
    this.#writing = this.#writing
      .then(() => this.#write(platform, { phase, message: text }))
      .catch((error: unknown) => {
        this.#options.log.warn("cannot say how far a platform is", { platform, error });
      });
  }

  async #write(name: string, wanted: Status): Promise<void> {
    const { client, clock } = this.#options;
    const present = await this.#ensureObject(name);
    const now = new Date(clock.now()).toISOString();
    const condition = {
      type: "Ready",
      status: wanted.phase === "Ready" ? "True" : "False",
      reason: wanted.phase ?? "Unknown",
      message: wanted.message ?? "",
    } as const;
    const conditions = [...setCondition(present.status?.conditions, condition, now)];
    const status: Status = { ...present.status, message: undefined, ...wanted, conditions };
    if (JSON.stringify(status) === JSON.stringify(present.status)) return;
    const text = JSON.stringify({ message: null, ...status });
    const body = { status: JSON.parse(text) as JsonValue };
    await client.patch(platformKind, { name }, { type: "merge", body }, { subresource: "status" });
  }

  async #ensureObject(name: string): Promise<Platform> {
    const { client } = this.#options;
    try {
      return await client.get(platformKind, { name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    try {
      return await client.create(platformKind, newObject<Platform>(platformKind, { name }, {}));
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      return await client.get(platformKind, { name });
    }
  }
}

function ready({ image, recipeHash, sizeBytes, builtAt, versions, description }: PlatformImage): Status {
  return {
    phase: "Ready",
    message: description,
    image,
    recipeHash,
    sizeBytes,
    builtAt,
    versions: Object.entries(versions).map(([name, version]) => ({ name, version })),
  };
}
