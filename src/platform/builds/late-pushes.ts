/**
 * Pushes to the registry, which a deploy does not wait for. Such a build is Complete with the condition Pushed False:
 * its image is in the engine, from where it runs, and on its way to the registry.
 *
 * What must stay true: the push goes on until it has succeeded, over restarts of the platform too; then the
 * status says the digest, and Pushed is True.
 */

import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { findCondition, setCondition } from "../../model/conditions.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { refOf, type Condition } from "../../model/meta.ts";
import { isConflict, isNotFound } from "../../model/status.ts";
import { pushImage } from "./push-image.ts";
import type { RegistryTarget } from "./work.ts";

const retryMs = 30_000;
/** Writes that meet somebody else's are tried again this often. */
const maxWrites = 5;

export interface LatePushesOptions {
  readonly client: Client;
  readonly engine: Pick<ContainerEngine, "hasImage" | "pushImage">;
  readonly registry: RegistryTarget;
  readonly clock: Clock;
  readonly log: Logger;
}

export const pushing: Condition = {
  type: "Pushed",
  status: "False",
  reason: "Pushing",
  message: "The image is in the engine and on its way to the registry.",
};

const pushed: Condition = {
  type: "Pushed",
  status: "True",
  reason: "Pushed",
  message: "The image is in the registry.",
};

/** Whether the build is complete and its image not yet in the registry. */
export function isPushDue({ status }: Build): boolean {
  return status?.phase === "Complete" && findCondition(status.conditions, "Pushed")?.status === "False";
}

export class LatePushes {
  readonly #options: LatePushesOptions;
  readonly #running = new Set<string>();

  constructor(options: LatePushesOptions) {
    this.#options = options;
  }

  /** Goes on with a push that the build began. */
  follow(build: Build, digest: Promise<string>): void {
    const uid = build.metadata.uid ?? "";
    this.#running.add(uid);
    void digest
      .then((text) => this.#record(build, pushed, text))
      .catch((error: unknown) => this.#failed(build, error))
      .finally(() => this.#running.delete(uid));
  }

  /** Of a complete build: pushes its image unless that is under way. Returns when to look again. */
  async resume(build: Build): Promise<number | undefined> {
    if (this.#running.has(build.metadata.uid ?? "")) return retryMs;
    const image = build.status?.outputDockerImageReference ?? "";
    if (!(await this.#options.engine.hasImage(image))) {
      const message = "The image was not yet in the registry when it went from the engine. Build it again.";
      await this.#record(build, { type: "Pushed", status: "Unknown", reason: "ImageLost", message });
      return undefined;
    }
    this.follow(build, pushImage(image, this.#options));
    return retryMs;
  }

  async #failed(build: Build, error: unknown): Promise<void> {
    const message = `${messageOf(error)}; it is tried again`;
    try {
      await this.#record(build, { type: "Pushed", status: "False", reason: "PushFailed", message });
    } catch (failure) {
      // The condition still says that the push is due, so that it is taken up again all the same.
      this.#options.log.warn("cannot say that a push failed", { build: build.metadata.name, error: failure });
    }
  }

  async #record(build: Build, condition: Condition, digest?: string): Promise<void> {
    for (let writes = 1; ; writes++) {
      try {
        await this.#write(build, condition, digest);
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isConflict(error) || writes === maxWrites) throw error;
      }
    }
  }

  async #write(build: Build, condition: Condition, digest: string | undefined): Promise<void> {
    const { client, clock } = this.#options;
    const present = await client.get(buildKind, refOf(build));
    if (present.metadata.uid !== build.metadata.uid) return;
    const now = new Date(clock.now()).toISOString();
    const conditions = [...setCondition(present.status?.conditions, condition, now)];
    const output = digest === undefined ? present.status?.output : { to: { imageDigest: digest } };
    const status = { ...present.status, conditions, output };
    await client.update(buildKind, { ...present, status }, { subresource: "status" });
  }
}
