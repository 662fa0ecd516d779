/** The Platform objects of the platforms' controller: made where they are missing, their status written in order. */

import type { Client } from "../../client/client.ts";
import { listPinnedVersions } from "../../client/standing-apps.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import type { Logger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { platform as platformKind, type Platform } from "../../model/kinds/nagi/platform/platform.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import type { PlatformImage } from "./ensure-platforms.ts";
import { markImage, removeImages } from "./platform-images.ts";
import { patchBetween, statusWhenMade, withReady, type PlatformStatus } from "./platform-status.ts";
import { historyWith } from "./versions.ts";

export interface PlatformObjectsOptions {
  readonly client: Client;
  readonly engine: ContainerEngine;
  /** Short name of this Nagi on the machine. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export class PlatformObjects {
  readonly #options: PlatformObjectsOptions;
  /** Writes take turns, so that an early word never overwrites a later one. */
  #writing: Promise<void> = Promise.resolve();

  constructor(options: PlatformObjectsOptions) {
    this.#options = options;
  }

  async ensure(name: string): Promise<Platform> {
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

  /** After the writes before it. */
  write(name: string, change: (status: PlatformStatus) => PlatformStatus): Promise<void> {
    const written = this.#writing.then(() => this.#write(name, change));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #write(name: string, change: (status: PlatformStatus) => PlatformStatus): Promise<void> {
    const { client, clock } = this.#options;
    const { status = {} } = await this.ensure(name);
    const wanted = withReady(change(status), new Date(clock.now()).toISOString());
    const body = patchBetween(status, wanted);
    if (body === undefined) return;
    const patch = { type: "merge", body: { status: body } } as const;
    await client.patch(platformKind, { name }, patch, { subresource: "status" });
  }

  /** The image is there: the platform's newest version, if it is another one than before. */
  async made(image: PlatformImage): Promise<void> {
    const { client } = this.#options;
    const { status = {} } = await this.ensure(image.name);
    if (!image.builtIn) await markImage(image.image, this.#options);
    const isNew = status.history?.[0]?.recipeHash !== image.recipeHash;
    const pinned = isNew ? await listPinnedVersions(client, image.name) : new Set<number>();
    const { kept, dropped } = isNew
      ? historyWith(status, image, pinned)
      : { kept: status.history ?? [], dropped: [] };
    await this.write(image.name, (now) => statusWhenMade(now, image, kept));
    const inUse = new Set(kept.map((each) => each.image));
    const gone = dropped.map((each) => each.image).filter((each) => !inUse.has(each));
    await removeImages(image.name, gone, this.#options);
  }
}
