/**
 * Imports images into a stream (`oc import-image`): the wish is written into the stream, and answered when the
 * platform has carried it out.
 */

import type { ImageStream } from "../../../model/kinds/image/imagestream/imagestream.ts";
import { imageStream } from "../../../model/kinds/image/imagestream/imagestream.ts";
import {
  importedTag,
  type ImageStreamImport,
} from "../../../model/kinds/image/imagestreamimport/imagestreamimport.ts";
import { currentItem, historyOf, type SpecTag } from "../../../model/kinds/image/tag-items.ts";
import { findCondition } from "../../../model/conditions.ts";
import { resourceName } from "../../../model/kind.ts";
import { badRequest } from "../api-errors.ts";
import { nextGeneration, writeStream } from "../derived/write-tag.ts";
import type { ServerParts } from "../parts.ts";
import type { ActionCall } from "./action.ts";

/** An import that takes longer goes on, and is answered as such. */
const waitMaxMs = 50_000;

export async function importImages({
  parts,
  namespace,
  user,
  body,
  dryRun,
}: ActionCall): Promise<ImageStreamImport> {
  const asked = body as unknown as ImageStreamImport;
  const { name = "" } = asked.metadata;
  if (name === "") throw badRequest("metadata.name: the name of the stream is required");
  const tags = (asked.spec.images ?? []).map(importedTag);
  const written = await writeStream(parts, {
    namespace,
    name,
    user,
    dryRun,
    next: (previous) => withImports(previous, asked),
  });
  const stream = dryRun === true ? written : await carriedOut(parts, written, tags);
  const status = { import: { ...stream }, images: tags.map((tag) => outcomeOf(stream, tag)) };
  return { ...asked, metadata: { ...asked.metadata, namespace }, status };
}

function withImports(stream: ImageStream, { spec }: ImageStreamImport): ImageStream {
  let tags: readonly SpecTag[] = stream.spec?.tags ?? [];
  for (const wanted of spec.images ?? []) {
    const tag = importedTag(wanted);
    const { from, importPolicy, referencePolicy } = wanted;
    const others = tags.filter(({ name }) => name !== tag);
    const generation = nextGeneration(stream, tag);
    const source = { ...from, kind: "DockerImage" };
    tags = [...others, { name: tag, from: source, importPolicy, referencePolicy, generation }];
  }
  return { ...stream, spec: { ...stream.spec, tags: [...tags] } };
}

/** The stream once the platform has said of every tag what became of it; as it is then when that takes too long. */
async function carriedOut(
  parts: ServerParts,
  written: ImageStream,
  tags: readonly string[],
): Promise<ImageStream> {
  const { namespace = "", name = "" } = written.metadata;
  const key = { resource: resourceName(imageStream), namespace, name };
  const present = (): ImageStream => parts.store.get(key)?.value ?? written;
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (tags.every((tag) => isSettled(present(), tag))) resolve();
  };
  const { resource } = key;
  const watch = parts.store.watch({
    resource,
    namespace,
    afterRevision: parts.store.revision,
    onEvents: look,
  });
  const timer = parts.clock.after(waitMaxMs, resolve);
  try {
    look();
    await promise;
  } finally {
    timer.cancel();
    watch.stop();
  }
  return present();
}

/** Whether the platform has tried the tag as it is asked for now, or nobody asks any more. */
function isSettled(stream: ImageStream, tag: string): boolean {
  const spec = stream.spec?.tags?.find(({ name }) => name === tag);
  const condition = findCondition(historyOf(stream, tag)?.conditions, "ImportSuccess");
  return spec === undefined || condition?.observedGeneration === spec.generation;
}

function outcomeOf(stream: ImageStream, tag: string) {
  const condition = findCondition(historyOf(stream, tag)?.conditions, "ImportSuccess");
  const item = currentItem(stream, tag);
  if (!isSettled(stream, tag)) {
    const message = "the import takes long and goes on; see the stream";
    return { tag, status: { status: "Failure", reason: "Timeout", message } };
  }
  if (condition?.status !== "True" || item === undefined) {
    const { reason = "ImportFailed", message = "there is no image" } = condition ?? {};
    return { tag, status: { status: "Failure", reason, message } };
  }
  const { image, created, dockerImageReference } = item;
  const metadata = { name: image, creationTimestamp: created };
  return { tag, status: { status: "Success" }, image: { metadata, dockerImageReference } };
}
