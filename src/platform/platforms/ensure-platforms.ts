/**
 * Platforms: the base images that apps are built on, made from Debian's packages and npm's, so that no outside
 * image registry is needed.
 *
 * What must stay true: an image's tag is the digest of what it was made from, so that an image that is there is
 * right; nothing is made twice; a platform never half-exists under its tag.
 */

import { createHash } from "node:crypto";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import type { ImageDetails } from "../../lib/container-engine/engine-types.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Outside } from "../../lib/outside.ts";
import { makeImage, type MakeOptions, type MakeRequest, versionsLabel } from "./make-image.ts";
import { RecipeFailure } from "./recipe-failure.ts";
import { languageOf, lineOf, loadRecipes, type GivenPlatform, type Recipe } from "./recipe.ts";

/** Where platform images are in the engine; all of an engine's users share them. */
const repository = "localhost/nagi";
const makeAttemptsMax = 3;

export interface EnsurePlatformsOptions {
  readonly engine: ContainerEngine;
  /** Directory of the recipes: one directory a platform. */
  readonly recipesDir: string;
  /** What the Platforms say. */
  readonly given?: readonly GivenPlatform[] | undefined;
  /** For files that are gone afterwards. */
  readonly workDir: string;
  /** Asked at each image. */
  readonly outside: () => Promise<Outside>;
  /** Names of the platforms to see to, with what they stand on; absent: all that are not made on demand only. */
  readonly only?: readonly string[] | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface PlatformProgress {
  readonly platform: string;
  /** Of what it is being made from. */
  readonly recipeHash: string;
  /** What is being done, or what was wrong. */
  readonly text: string;
  readonly elapsedMs: number;
  readonly state: "working" | "made" | "failed";
}

export interface PlatformImage {
  readonly name: string;
  readonly description: string;
  readonly language: string;
  readonly from?: string | undefined;
  readonly builtIn: boolean;
  readonly image: string;
  /** Of everything that the image was made from. */
  readonly recipeHash: string;
  readonly sizeBytes: number;
  /** RFC 3339. */
  readonly builtAt: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** Makes the images that are missing, one after the other; those that are there cost a look each. */
export async function ensurePlatforms(
  options: EnsurePlatformsOptions,
  onProgress: (progress: PlatformProgress) => void = () => undefined,
): Promise<PlatformImage[]> {
  const { recipes: all } = await loadRecipes(options.recipesDir, options.given);
  const recipes = wantedRecipes(all, options.only);
  const hashes = recipeHashes(all, options.given);
  const done = new Map<string, PlatformImage>();
  for (const recipe of recipes) {
    const base = recipe.from === undefined ? undefined : done.get(recipe.from);
    const recipeHash = hashes.get(recipe.name) ?? "";
    const suite = lineOf(recipe.name, all)[0]?.suite ?? recipe.suite;
    const made = await ensureOne({ recipe, recipeHash, base, suite }, options, onProgress);
    done.set(recipe.name, { ...made, language: languageOf(recipe, all) });
  }
  return [...done.values()];
}

function wantedRecipes(recipes: readonly Recipe[], only: readonly string[] | undefined): Recipe[] {
  if (only === undefined) return recipes.filter(({ onDemand }) => !onDemand);
  const wanted = new Set(only);
  // Backwards, so that what a wanted one stands on is wanted before its turn comes.
  for (const { name, from } of recipes.toReversed())
    if (wanted.has(name) && from !== undefined) wanted.add(from);
  return recipes.filter(({ name }) => wanted.has(name));
}

/** The hash of what each image is to be made from, by the name of its platform; each after the one it stands on. */
export function recipeHashes(
  recipes: readonly Recipe[],
  given: readonly GivenPlatform[] = [],
): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  for (const { name, from, digest } of recipes) {
    const base = from === undefined ? "" : (hashes.get(from) ?? "");
    const rebuiltAt = given.find((each) => each.name === name)?.rebuiltAt;
    const again = rebuiltAt === undefined ? "" : ` ${rebuiltAt}`;
    const text = `${digest} ${base} ${process.arch} ${again}`;
    hashes.set(name, createHash("sha256").update(text).digest("hex"));
  }
  return hashes;
}

interface Wanted {
  readonly recipe: Recipe;
  readonly recipeHash: string;
  readonly base: PlatformImage | undefined;
  /** Debian release of what it all stands on. */
  readonly suite: string;
}

async function ensureOne(
  wanted: Wanted,
  options: EnsurePlatformsOptions,
  onProgress: (progress: PlatformProgress) => void,
): Promise<Omit<PlatformImage, "language">> {
  const { recipe, recipeHash, base, suite } = wanted;
  const image = `${repository}/${recipe.name}:${recipeHash.slice(0, 12)}`;
  const present = await inspect(options.engine, image);
  if (present !== undefined) return described(wanted, image, present);
  const startMs = options.clock.now();
  const tell = (state: PlatformProgress["state"], text: string): void =>
    onProgress({ platform: recipe.name, recipeHash, state, text, elapsedMs: options.clock.now() - startMs });
  // What was asked to be made anew shall not come from what earlier steps left.
  const noCache = options.given?.find(({ name }) => name === recipe.name)?.rebuiltAt !== undefined;
  try {
    const labels = { "nagi.dev/platform": recipe.name, "nagi.dev/recipe": recipeHash };
    const onStep = (text: string): void => tell("working", text);
    const { outside, ...others } = options;
    const request = { recipe, image, base: base?.image, suite, labels, noCache, onStep };
    await makeSteadily(request, { ...others, outside: await outside() });
    await options.engine.tagImage(image, latestImage(recipe.name));
    const made = described(wanted, image, await options.engine.inspectImage(image));
    tell("made", `${image}, ${Math.round(made.sizeBytes / 1e6)} MB`);
    return made;
  } catch (error) {
    tell("failed", messageOf(error));
    throw new PlatformFailure(recipe.name, error);
  }
}

/** Images are the machine's: another Nagi may remove one while this one stands on it, or on its layers. */
async function makeSteadily(request: MakeRequest, options: MakeOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await makeImage(request, options);
    } catch (error) {
      const isGone = /\b(image|layer|container) not known\b/i.test(messageOf(error));
      if (!isGone || attempt === makeAttemptsMax || options.signal?.aborted === true) throw error;
      request.onStep("once more: an image that it stands on was removed meanwhile");
    }
  }
}

/** A platform that could not be made. */
export class PlatformFailure extends Error {
  override readonly name = "PlatformFailure";
  readonly platform: string;
  /** Whether another try would fail too. */
  readonly isOfRecipe: boolean;

  constructor(platform: string, cause: unknown) {
    super(`cannot make platform ${platform}: ${messageOf(cause)}`, { cause });
    this.platform = platform;
    this.isOfRecipe = cause instanceof RecipeFailure;
  }
}

export function latestImage(name: string): string {
  return `${repository}/${name}:latest`;
}

async function inspect(engine: ContainerEngine, image: string): Promise<ImageDetails | undefined> {
  try {
    return await engine.inspectImage(image);
  } catch (error) {
    if (isEngineError(error, 404)) return undefined;
    throw error;
  }
}

function described(
  { recipe, recipeHash, suite }: Wanted,
  image: string,
  details: ImageDetails,
): Omit<PlatformImage, "language"> {
  const label = details.Config.Labels?.[versionsLabel] ?? "{}";
  return {
    name: recipe.name,
    description: recipe.description,
    from: recipe.from,
    builtIn: recipe.builtIn,
    image,
    recipeHash,
    sizeBytes: details.Size,
    builtAt: details.Created,
    versions: { debian: suite, ...(JSON.parse(label) as Record<string, string>) },
  };
}
