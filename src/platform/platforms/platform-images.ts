/** The images of a platform that goes, which go with it. */

import type { Client } from "../../client/client.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { platform as platformKind, type Platform } from "../../model/kinds/nagi/platform/platform.ts";
import { latestImage } from "./ensure-platforms.ts";

const finalizer = "nagi.dev/platform-images";

/** The object of a platform with a recipe of its own outlives its deletion until its images are gone. */
export async function keepImagesUntilDeleted({ metadata }: Platform, client: Client): Promise<void> {
  const { finalizers = [], resourceVersion } = metadata;
  if (finalizers.includes(finalizer)) return;
  const body = { metadata: { resourceVersion, finalizers: [...finalizers, finalizer] } };
  await client.patch(platformKind, { name: metadata.name ?? "" }, { type: "merge", body });
}

export async function removeImagesOf(
  { metadata, status }: Platform,
  options: SharedEngine & { readonly client: Client },
): Promise<void> {
  const { finalizers = [], name = "", resourceVersion } = metadata;
  if (!finalizers.includes(finalizer)) return;
  const images = (status?.history ?? []).map(({ image }) => image);
  await removeImages(name, images, options);
  const body = {
    metadata: { resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) },
  };
  await options.client.patch(platformKind, { name: metadata.name ?? "" }, { type: "merge", body });
}

/** An engine may serve several Nagis, which then have the images of the same recipe in common. */
export interface SharedEngine {
  readonly engine: Pick<ContainerEngine, "inspectImage" | "tagImage" | "removeImage">;
  /** Short name of this Nagi on the machine. */
  readonly instance: string;
  readonly log: Logger;
}

/** Says that this Nagi has the image, so that no other one removes it. */
export async function markImage(image: string, { engine, instance }: SharedEngine): Promise<void> {
  const { RepoTags } = await engine.inspectImage(image);
  const mark = markOf(image, instance);
  if (RepoTags?.includes(mark) !== true) await engine.tagImage(image, mark);
}

/** What others have or stand on stays. */
export async function removeImages(
  platform: string,
  images: readonly string[],
  { engine, instance, log }: SharedEngine,
): Promise<void> {
  for (const image of images) {
    try {
      const { Id, RepoTags } = await engine.inspectImage(image);
      await engine.removeImage(markOf(image, instance));
      const isOthers = (RepoTags ?? []).some(
        (tag) => tag.startsWith(`${image}-`) && tag !== markOf(image, instance),
      );
      if (isOthers) {
        log.info("an image of a platform stays: another Nagi has it", { image });
        continue;
      }
      await removeLatest(platform, Id, engine);
      await engine.removeImage(image);
    } catch (error) {
      if (!isEngineError(error, 404))
        log.info("an image of a platform stays", { image, reason: messageOf(error) });
    }
  }
}

/** The name without a version, where it is of this image. */
async function removeLatest(platform: string, id: string, engine: SharedEngine["engine"]): Promise<void> {
  const latest = latestImage(platform);
  const found = await engine.inspectImage(latest).catch((error: unknown) => {
    if (isEngineError(error, 404)) return undefined;
    throw error;
  });
  if (found?.Id === id) await engine.removeImage(latest);
}

function markOf(image: string, instance: string): string {
  return `${image}-${instance}`;
}
