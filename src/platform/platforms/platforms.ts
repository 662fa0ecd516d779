/**
 * Shows the platforms as objects: makes the images that are wanted and missing and says in each Platform how far its
 * image is. Builds find their base image there.
 *
 * What must stay true: a Platform is Ready only while its image is in the engine; recipes that come with Nagi
 * have their Platform without anybody making it; images are made one at a time; a recipe that cannot be made takes
 * nothing from the apps that stand on the version before.
 */

import type { Client } from "../../client/client.ts";
import { runController, type Reconciled } from "../../client/controller.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { build as buildKind } from "../../model/kinds/build/build/build.ts";
import {
  platform as platformKind,
  wantedAnnotation,
  type Platform,
  type RebuildStatus,
} from "../../model/kinds/nagi/platform/platform.ts";
import { keyOf, refFromKey, refOf, type KubeObject } from "../../model/meta.ts";
import {
  ensurePlatforms,
  PlatformFailure,
  recipeHashes,
  type EnsurePlatformsOptions,
  type PlatformProgress,
} from "./ensure-platforms.ts";
import { keepImagesUntilDeleted, removeImagesOf } from "./platform-images.ts";
import { PlatformObjects } from "./platform-objects.ts";
import { statusWhile } from "./platform-status.ts";
import { beginApps, stepApps } from "./rebuild-apps.ts";
import { continued, rebuildAnnotation } from "./rebuild-plan.ts";
import { lineOf, loadRecipes, type GivenPlatform, type Recipe, type Recipes } from "./recipe.ts";

/** How often it is looked whether the images are still there. */
const checkEveryMs = 5 * 60_000;
/** After a failure, which may be of the network. */
const retryEveryMs = 30_000;
/** While apps are rebuilt: builds wake it, releases do not. */
const rebuildEveryMs = 1000;

export interface PlatformsOptions extends Omit<EnsurePlatformsOptions, "only" | "signal" | "given"> {
  readonly client: Client;
  /** Short name of this Nagi on the machine. */
  readonly instance: string;
  readonly log: Logger;
}

export interface Platforms {
  run(signal: AbortSignal): Promise<void>;
}

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
          watches: [
            { kind: platformKind, keysOf: (object) => keeper.keysOf(keyOf(refOf(object))) },
            { kind: buildKind, keysOf: rebuiltBy },
          ],
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

function rebuiltBy({ metadata }: KubeObject): string[] {
  const attempt = metadata.annotations?.[rebuildAnnotation];
  return attempt === undefined ? [] : [attempt.split(" ")[0] ?? ""];
}

interface World extends Recipes {
  readonly platforms: readonly Platform[];
  readonly given: readonly GivenPlatform[];
}

class PlatformKeeper {
  readonly #options: PlatformsOptions;
  readonly #objects: PlatformObjects;
  #recipes: readonly Recipe[] = [];

  constructor(options: PlatformsOptions) {
    this.#options = options;
    this.#objects = new PlatformObjects(options);
  }

  /** A platform, and those that stand on it. */
  keysOf(name: string): string[] {
    const above = this.#recipes.filter((each) =>
      lineOf(each.name, this.#recipes).some((one) => one.name === name),
    );
    return [...new Set([name, ...above.map((each) => each.name)])];
  }

  /** Every recipe has its object, made or not. */
  async showRecipes(): Promise<void> {
    const { recipes } = await this.#look();
    for (const recipe of recipes) {
      const { status = {} } = await this.#objects.ensure(recipe.name);
      if (recipe.onDemand && status.image === undefined)
        await this.#objects.write(recipe.name, () => ({
          ...status,
          phase: "Pending",
          builtIn: recipe.builtIn,
          from: recipe.from,
          message: onDemandText(recipe),
        }));
    }
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Reconciled | undefined> {
    const { client } = this.#options;
    const world = await this.#look();
    const present = world.platforms.find(({ metadata }) => metadata.name === name);
    if (present?.metadata.deletionTimestamp !== undefined) {
      await removeImagesOf(present, this.#options);
      return undefined;
    }
    const recipe = world.recipes.find((each) => each.name === name);
    if (recipe === undefined) return await this.#cannotBeMade(present, world);
    if (present === undefined) await this.#objects.ensure(name);
    if (present?.spec?.disabled === true)
      return await this.#refuseRebuild(
        present,
        `it is disabled; enable it: nagi platforms update ${name} --enable`,
      );
    if (present?.spec?.files !== undefined) await keepImagesUntilDeleted(present, client);
    await this.#answerWish(present);
    if (recipe.onDemand && !isWanted(present)) return undefined;
    const made = await this.#make(recipe, world, signal);
    if (made === "there") return await this.#rebuild(name, world);
    return made === "try again" ? { requeueAfterMs: retryEveryMs } : undefined;
  }

  async #look(): Promise<World> {
    const { items: platforms } = await this.#options.client.list(platformKind);
    const given = platforms
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata, spec }) => ({
        name: metadata.name ?? "",
        files: spec?.files,
        rebuiltAt: spec?.rebuild?.requestedAt,
      }));
    const loaded = await loadRecipes(this.#options.recipesDir, given);
    this.#recipes = loaded.recipes;
    return { ...loaded, platforms, given };
  }

  async #cannotBeMade(present: Platform | undefined, { problems }: World): Promise<undefined> {
    const name = present?.metadata.name ?? "";
    const problem = problems.get(name);
    if (present === undefined) return;
    if (problem !== undefined)
      await this.#objects.write(name, (status) => ({
        ...statusWhile(status, { recipeHash: "", failed: true, text: problem }),
        observedGeneration: present.metadata.generation,
      }));
    await this.#refuseRebuild(present, problem ?? "it has no recipe");
  }

  /** Whoever waits for the rebuild hears why it does not begin, or go on. */
  async #refuseRebuild(present: Platform, message: string): Promise<undefined> {
    await this.#answerWish(present);
    await this.#failRebuild(present.metadata.name ?? "", message, ["Making", "Apps"]);
  }

  /** A rebuild begins with the wish for it, and goes on with the wish for that. */
  async #answerWish(present: Platform | undefined): Promise<void> {
    const wish = present?.spec?.rebuild;
    const { name = "" } = present?.metadata ?? {};
    if (wish === undefined) return;
    await this.#objects.write(name, (status) => {
      const { rebuild } = status;
      if (rebuild?.requestedAt !== wish.requestedAt)
        return { ...status, rebuild: { requestedAt: wish.requestedAt, phase: "Making" } };
      if (wish.continuedAt === undefined || rebuild.continuedAt === wish.continuedAt) return status;
      return { ...status, failedHash: undefined, rebuild: continued(rebuild, wish.continuedAt) };
    });
  }

  /** With a rebuild, also the images of all made ones that stand on it. */
  async #make(
    recipe: Recipe,
    world: World,
    signal: AbortSignal,
  ): Promise<"there" | "try again" | "cannot be made"> {
    const { name } = recipe;
    const { status = {}, metadata } = await this.#objects.ensure(name);
    const observedGeneration = metadata.generation;
    const hash = recipeHashes(world.recipes, world.given).get(name) ?? "";
    // Another try would fail as this one did.
    if (status.failedHash === hash && status.observedGeneration === observedGeneration)
      return "cannot be made";
    const only = status.rebuild?.phase === "Making" ? this.#madeAbove(name, world) : [name];
    try {
      const options = { ...this.#options, given: world.given, only, signal };
      const images = await ensurePlatforms(options, (progress) => this.#tell(progress));
      for (const image of images) await this.#objects.made(image);
      await this.#objects.write(name, (now) => ({ ...now, observedGeneration }));
      return "there";
    } catch (error) {
      if (signal.aborted) return "cannot be made";
      await this.#failed({ name, hash, observedGeneration }, error);
      return error instanceof PlatformFailure && error.isOfRecipe ? "cannot be made" : "try again";
    }
  }

  #madeAbove(name: string, { platforms, recipes }: World): string[] {
    const made = platforms.filter(({ status }) => status?.image !== undefined);
    const above = made.filter(({ metadata }) =>
      lineOf(metadata.name ?? "", recipes).some((each) => each.name === name),
    );
    return [...new Set([name, ...above.map(({ metadata }) => metadata.name ?? "")])];
  }

  #tell({ platform, recipeHash, state, text }: PlatformProgress): void {
    if (state !== "working") return;
    this.#objects
      .write(platform, (status) => statusWhile(status, { recipeHash, failed: false, text }))
      .catch((error: unknown) => {
        this.#options.log.warn("cannot say how far a platform is", { platform, error });
      });
  }

  async #failed(
    {
      name,
      hash,
      observedGeneration,
    }: { name: string; hash: string; observedGeneration?: number | undefined },
    error: unknown,
  ): Promise<void> {
    const { log } = this.#options;
    log.warn("cannot make a platform", { platform: name, error: messageOf(error) });
    const failure = error instanceof PlatformFailure ? error : undefined;
    const own = failure?.platform === name ? messageOf(failure.cause) : messageOf(error);
    await this.#objects.write(name, (status) => ({
      ...statusWhile(status, { recipeHash: hash, failed: true, text: own }),
      // What may be of the network is tried again.
      failedHash: failure?.isOfRecipe === true ? hash : undefined,
      observedGeneration,
    }));
    await this.#failRebuild(name, own);
  }

  async #failRebuild(
    name: string,
    message: string,
    phases: readonly RebuildStatus["phase"][] = ["Making"],
  ): Promise<void> {
    await this.#objects.write(name, (status) =>
      status.rebuild !== undefined && phases.includes(status.rebuild.phase)
        ? { ...status, rebuild: { ...status.rebuild, phase: "Failed", message } }
        : status,
    );
  }

  async #rebuild(name: string, world: World): Promise<Reconciled | undefined> {
    const { status = {} } = await this.#objects.ensure(name);
    const { rebuild } = status;
    if (rebuild === undefined || rebuild.phase === "Complete" || rebuild.phase === "Failed") return undefined;
    const next =
      rebuild.phase === "Making"
        ? await beginApps(rebuild, new Set(this.#madeAbove(name, world)), this.#options)
        : await stepApps(name, rebuild, this.#options);
    await this.#objects.write(name, (now) => ({ ...now, rebuild: next }));
    return next.phase === "Apps" ? { requeueAfterMs: rebuildEveryMs } : undefined;
  }
}

/** Once made, it is kept there. */
function isWanted(present: Platform | undefined): boolean {
  return (
    present?.metadata.annotations?.[wantedAnnotation] !== undefined ||
    present?.status?.image !== undefined ||
    present?.spec?.rebuild !== undefined ||
    present?.spec?.files !== undefined
  );
}

function onDemandText({ description }: Recipe): string {
  return `${description}; made when the first app needs it`;
}
