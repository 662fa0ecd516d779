/**
 * Keeps image streams: a complete build or a push moves its tag, a tag of the spec follows what it names, and the
 * stream remembers where its tags pointed. A stream that a build or a push names and that is not there is made.
 */

import type { Client } from "../../client/client.ts";
import { runController, type Reconciled } from "../../client/controller.ts";
import { Informer } from "../../client/informer.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import type { Tags } from "../../model/kinds/image/tag-items.ts";
import { parseImageName, parseTagName } from "../../model/kinds/image/tag-names.ts";
import { keyOf, refFromKey, refOf, type KubeObject, type ObjectRef } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { PushSource, type PushedImage } from "./push-source.ts";
import { moveRegistryTags, pushedTags, type TagStorage } from "./registry-tags.ts";
import type { ImageCopier } from "./skopeo.ts";
import { SpecTags } from "./spec-tags.ts";
import { outputTag, tagsWith } from "./tag-history.ts";

/** An import may take its time; others go on meanwhile. */
const workers = 4;
const settlePollMs = 50;

export interface ImageStreamsOptions {
  readonly client: Client;
  /** `host:port` of the registry. */
  readonly registryAddress: string;
  readonly storage: TagStorage;
  readonly copier: ImageCopier;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ImageStreams {
  onPush(image: PushedImage): void;
  run(signal: AbortSignal): Promise<void>;
}

interface Caches {
  readonly builds: Informer<Build>;
  readonly streams: Informer<ImageStream>;
  readonly pushes: PushSource;
}

export function createImageStreams(options: ImageStreamsOptions): ImageStreams {
  const pushes = new PushSource(options.clock);
  return {
    onPush: (image) => pushes.add(image),
    run: (signal) => runStreams(options, pushes, signal),
  };
}

async function runStreams(
  options: ImageStreamsOptions,
  pushes: PushSource,
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, log } = options;
  const given = { client, clock, log };
  const indexers = { stream: streamsOf };
  const builds = new Informer<Build>({ ...given, kind: buildKind, indexers });
  const streams = new Informer<ImageStream>({
    ...given,
    kind: imageStream,
    indexers: { source: sourceKeysOf },
  });
  const caches = { builds, streams, pushes };
  const specTags = new SpecTags({ ...options, streamOf: (key) => streams.get(key) });
  const keyAndFollowers = (object: KubeObject): string[] => {
    const key = keyOf(refOf(object));
    return [key, ...streams.byIndex("source", key).map((each) => keyOf(refOf(each)))];
  };
  const following = [builds.run(signal), streams.run(signal)];
  await runController(
    {
      name: "image-streams",
      client,
      watches: [
        { informer: builds, keysOf: (object: KubeObject) => streamsOf(object as Build) },
        { informer: streams, keysOf: keyAndFollowers },
        { informer: pushes, keysOf: (object) => [keyOf(refOf(object))] },
      ],
      reconcile: (key) => reconcile({ options, caches, specTags, signal }, key),
      workers,
      clock,
      log,
    },
    signal,
  );
  await Promise.all(following);
}

/** Keys of the stream that a complete build writes to. */
function streamsOf(build: Build): string[] {
  const output = build.status?.phase === "Complete" ? outputTag(build) : undefined;
  return output === undefined ? [] : [`${build.metadata.namespace}/${output.stream}`];
}

/** Streams that the tags of this one take their images from. */
function sourceKeysOf({ metadata, spec }: ImageStream): string[] {
  return (spec?.tags ?? []).flatMap(({ from }) => {
    const name = parseTagName(from?.name ?? "") ?? parseImageName(from?.name ?? "");
    const isOfStream = from?.kind === "ImageStreamTag" || from?.kind === "ImageStreamImage";
    return isOfStream && name !== undefined ? [`${metadata.namespace}/${name.stream}`] : [];
  });
}

interface Work {
  readonly options: ImageStreamsOptions;
  readonly caches: Caches;
  readonly specTags: SpecTags;
  readonly signal: AbortSignal;
}

async function reconcile(work: Work, key: string): Promise<Reconciled | undefined> {
  const { options, caches, specTags, signal } = work;
  const { client, registryAddress, storage, copier } = options;
  const ref = refFromKey(key);
  const builds = caches.builds.byIndex("stream", key);
  const stream = await ensureStream(work, ref, builds[0]);
  if (stream === undefined || stream.metadata.deletionTimestamp !== undefined) return undefined;
  const place = { repository: key, registryAddress, storage, copier, signal };
  const present: Tags = stream.status?.tags ?? [];
  const written = await storage.tags(key);
  const pushed = pushedTags(tagsWith(present, ref.name, builds), written, place);
  const { tags, requeueAfterMs } = await specTags.apply(stream, pushed, signal);
  const dockerImageRepository = `${registryAddress}/${key}`;
  const same = JSON.stringify(tags) === JSON.stringify(present);
  if (!same || stream.status?.dockerImageRepository !== dockerImageRepository) {
    const status = { ...stream.status, dockerImageRepository, tags };
    await client.update(imageStream, { ...stream, status }, { subresource: "status" });
  }
  if (!caches.pushes.settle(key, written)) return { requeueAfterMs: settlePollMs };
  await moveRegistryTags(tags, place);
  return { requeueAfterMs };
}

/** Undefined when there is no cause for one, or when it cannot be, since its namespace or its owner is going. */
async function ensureStream(
  { options: { client }, caches }: Work,
  ref: ObjectRef,
  build: Build | undefined,
): Promise<ImageStream | undefined> {
  try {
    return await client.get(imageStream, ref);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  if (build === undefined && !caches.pushes.has(`${ref.namespace}/${ref.name}`)) return undefined;
  const metadata = {
    ...ref,
    labels: build?.metadata.labels,
    ownerReferences: build?.metadata.ownerReferences,
  };
  try {
    return await client.create(imageStream, newObject<ImageStream>(imageStream, metadata, {}));
  } catch (error) {
    if (isStatus(error, "AlreadyExists")) return await client.get(imageStream, ref);
    if (isStatus(error, "Forbidden", "NotFound", "Invalid")) return undefined;
    throw error;
  }
}
