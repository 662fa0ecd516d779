/** The images of a platform that goes, which go with it. */

import type { Client } from "../../client/client.ts";
import type { ContainerEngine } from "../../lib/container-engine.ts";
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
  {
    client,
    engine,
    log,
  }: { readonly client: Client; readonly engine: ContainerEngine; readonly log: Logger },
): Promise<void> {
  const { finalizers = [], name = "", resourceVersion } = metadata;
  if (!finalizers.includes(finalizer)) return;
  const images = (status?.history ?? []).map(({ image }) => image);
  if (images.length > 0) await removeImages([...images, latestImage(name)], { engine, log });
  const body = {
    metadata: { resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) },
  };
  await client.patch(platformKind, { name: metadata.name ?? "" }, { type: "merge", body });
}

/** What others still stand on stays, without a name. */
export async function removeImages(
  images: readonly string[],
  { engine, log }: { readonly engine: ContainerEngine; readonly log: Logger },
): Promise<void> {
  for (const image of images) {
    await engine.removeImage(image).catch((error: unknown) => {
      log.info("an image of a platform stays", { image, reason: messageOf(error) });
    });
  }
}
