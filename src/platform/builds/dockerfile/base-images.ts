/**
 * The images that a build stands on, looked at before any of it runs. What must stay true: the engine builds on the very
 * image that was looked at, and on none whose ONBUILD triggers mount something (adr/0153).
 */

import { mountingTrigger, triggersOf } from "../../../lib/dockerfile/triggers.ts";
import type { Build } from "../../../model/kinds/build/build/build.ts";
import { BuildFailure } from "../failure.ts";
import { pull, refuseForeign, type ImagesOptions, type WantedImage } from "../inputs/build-images.ts";
import type { NamedImage } from "./safe-dockerfile.ts";

/** The ids of the bases by their names. */
export async function prepareImages(
  build: Build,
  images: readonly NamedImage[],
  options: ImagesOptions,
): Promise<ReadonlyMap<string, string>> {
  const { dockerStrategy } = build.spec.strategy;
  const ids = new Map<string, string>();
  for (const { image, number, platform, isBase } of images) {
    const path = `line ${number}`;
    const wanted = { image, path, platform };
    if (!isBase) refuseForeign(build, wanted, options.registry.address);
    else if (!ids.has(image)) {
      const asked = {
        ...wanted,
        pullSecret: dockerStrategy?.pullSecret?.name,
        always: dockerStrategy?.forcePull,
      };
      await pullBase(build, asked, options);
      ids.set(image, await checkedImage(image, options, `${path}: `));
    }
  }
  return ids;
}

async function pullBase(build: Build, wanted: WantedImage, options: ImagesOptions): Promise<void> {
  try {
    await pull(build, wanted, options);
  } catch (error) {
    if (!(error instanceof BuildFailure) || error.reason !== "PullBuilderImageFailed") throw error;
    const message = `cannot get an image that the build needs: ${error.message}`;
    throw new BuildFailure("DockerBuildFailed", message, { cause: error });
  }
}

/** The id of an image that a build may stand on; `where` begins what is said of one that it may not. */
export async function checkedImage(
  image: string,
  { engine }: Pick<ImagesOptions, "engine">,
  where = "",
): Promise<string> {
  const details = await engine.inspectImage(image);
  const triggers = await triggersOf(engine, details);
  if (triggers === undefined)
    throw new BuildFailure(
      "InvalidImageReference",
      `${where}it cannot be seen whether ${image} has ONBUILD triggers, since the engine keeps its images where Nagi cannot read them: its files must be on this machine`,
    );
  const found = mountingTrigger(triggers);
  if (found !== undefined) {
    const text = found.length > 200 ? `${found.slice(0, 197)}...` : found;
    const advice =
      "choose another image, or write the step into the Dockerfile itself, where Nagi gives it mounts of the app's own";
    throw new BuildFailure(
      "InvalidImageReference",
      `${where}${image} runs \`ONBUILD ${text}\` in each build that stands on it, which may mount or fetch what is not the build's: ${advice}`,
    );
  }
  return details.Id.replace(/^sha256:/, "");
}
