/**
 * Shows the platforms as objects: makes the images that are wanted and missing and says in each Platform how far its
 * image is. Builds find their base image there.
 *
 * What must stay true: a Platform is Ready only while its image is in the engine; recipes that come with Nagi
 * have their Platform without anybody making it; images are made one at a time.
 */

import type { Client } from "../../client/client.ts";
import { runController, type Reconciled } from "../../client/controller.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { setCondition } from "../../model/conditions.ts";
import { newObject } from "../../model/kind.ts";
import {
  platform as platformKind,
  wantedAnnotation,
  type Platform,
} from "../../model/kinds/nagi/platform/platform.ts";
import { keyOf, refFromKey, refOf } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import {
  ensurePlatforms,
  type EnsurePlatformsOptions,
  type PlatformImage,
  type PlatformProgress,
} from "./ensure-platforms.ts";
import { loadRecipes, type Recipe } from "./recipe.ts";

/** How often it is looked whether the images are still there. */
const checkEveryMs = 5 * 60_000;
/** After a failure, which may be of the network. */
const retryEveryMs = 30_000;

export interface PlatformsOptions extends Omit<EnsurePlatformsOptions, "only" | "signal"> {
  readonly client: Client;
  readonly log: Logger;
}

export interface Platforms {
  run(signal: AbortSignal): Promise<void>;
}

type Status = NonNullable<Platform["status"]>;

export function createPlatforms(options: PlatformsOptions): Platforms {
  const keeper = new PlatformKeeper(options);
  const { client, clock, log } = options;
  return {
    async run(signal) {
      await keeper.showRecipes();
      await runController(
        {
          name: "platforms",
          client,
          watches: [{ kind: platformKind, keysOf: (object) => [keyOf(refOf(object))] }],
          reconcile: (key) => keeper.reconcile(refFromKey(key).name, signal),
          resyncMs: checkEveryMs,
          clock,
          log,
        },
        signal,
      );
    },
  };
}

class PlatformKeeper {
  readonly #options: PlatformsOptions;
  /** Writes take turns, so that an early word never overwrites a later one. */
  #writing: Promise<void> = Promise.resolve();

  constructor(options: PlatformsOptions) {
    this.#options = options;
  }

  /** Every recipe has its object, made or not. */
  async showRecipes(): Promise<void> {
    for (const recipe of await loadRecipes(this.#options.recipesDir)) {
      const present = await this.#ensureObject(recipe.name);
      if (recipe.onDemand && present.status?.image === undefined)
        await this.#write(recipe.name, { phase: "Pending", message: onDemandText(recipe) });
    }
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Reconciled | undefined> {
    const { client, log, recipesDir } = this.#options;
    const present = await client.get(platformKind, { name }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    const recipe = (await loadRecipes(recipesDir)).find((each) => each.name === name);
    if (recipe === undefined || present?.spec?.disabled === true) return undefined;
    if (present === undefined) await this.#ensureObject(name);
    if (recipe.onDemand && !isWanted(present)) return undefined;
    try {
      const images = await ensurePlatforms({ ...this.#options, only: [name], signal }, (progress) =>
        this.#tell(progress),
      );
      await this.#writing;
      for (const image of images) await this.#write(image.name, ready(image));
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      log.warn("cannot make a platform", { platform: name, error: messageOf(error) });
      await this.#writing;
      return { requeueAfterMs: retryEveryMs };
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

/** Once made, it is kept there. */
function isWanted(present: Platform | undefined): boolean {
  return (
    present?.metadata.annotations?.[wantedAnnotation] !== undefined || present?.status?.image !== undefined
  );
}

function onDemandText({ description }: Recipe): string {
  return `${description}; made when the first app needs it`;
}

function ready({
  image,
  recipeHash,
  sizeBytes,
  builtAt,
  versions,
  description,
  language,
}: PlatformImage): Status {
  return {
    phase: "Ready",
    message: description,
    language,
    image,
    recipeHash,
    sizeBytes,
    builtAt,
    versions: Object.entries(versions).map(([name, version]) => ({ name, version })),
  };
}
