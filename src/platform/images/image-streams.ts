/**
 * Keeps image streams: a complete build moves its tag, and the stream remembers where it pointed. A stream that
 * a build names and that is not there is made, and belongs to whom the build belongs to.
 */

import type { Client } from "../../client/client.ts";
import { runController } from "../../client/controller.ts";
import { Informer } from "../../client/informer.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { refFromKey, type KubeObject } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { outputTag, tagsWith } from "./tag-history.ts";

export interface ImageStreamsOptions {
  readonly client: Client;
  /** `host:port` of the registry. */
  readonly registryAddress: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ImageStreams {
  run(signal: AbortSignal): Promise<void>;
}

export function createImageStreams(options: ImageStreamsOptions): ImageStreams {
  const { client, clock, log } = options;
  return {
    async run(signal) {
      const builds = new Informer<Build>({
        client,
        kind: buildKind,
        clock,
        log,
        indexers: { stream: streamsOf },
      });
      const following = builds.run(signal);
      await runController(
        {
          name: "image-streams",
          client,
          watches: [{ informer: builds, keysOf: (object: KubeObject) => streamsOf(object as Build) }],
          reconcile: (key) => reconcile(options, key, builds.byIndex("stream", key)),
          clock,
          log,
        },
        signal,
      );
      await following;
    },
  };
}

/** Keys of the stream that a complete build writes to. */
function streamsOf(build: Build): string[] {
  const output = build.status?.phase === "Complete" ? outputTag(build) : undefined;
  return output === undefined ? [] : [`${build.metadata.namespace}/${output.stream}`];
}

async function reconcile(options: ImageStreamsOptions, key: string, builds: readonly Build[]): Promise<void> {
  const { client, registryAddress } = options;
  const newest = builds[0];
  if (newest === undefined) return;
  const { namespace, name } = refFromKey(key);
  const stream = await ensureStream(client, { namespace, name }, newest);
  if (stream === undefined) return;
  const present = stream.status?.tags ?? [];
  const tags = tagsWith(present, name, builds);
  const dockerImageRepository = `${registryAddress}/${namespace}/${name}`;
  const same = JSON.stringify(tags) === JSON.stringify(present);
  if (same && stream.status?.dockerImageRepository === dockerImageRepository) return;
  const status = { ...stream.status, dockerImageRepository, tags };
  await client.update(imageStream, { ...stream, status }, { subresource: "status" });
}

/** Undefined when it cannot be, since its namespace or its owner is going. */
async function ensureStream(
  client: Client,
  ref: { readonly namespace: string | undefined; readonly name: string },
  build: Build,
): Promise<ImageStream | undefined> {
  try {
    return await client.get(imageStream, ref);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const metadata = {
    ...ref,
    labels: build.metadata.labels,
    ownerReferences: build.metadata.ownerReferences,
  };
  try {
    return await client.create(imageStream, newObject<ImageStream>(imageStream, metadata, {}));
  } catch (error) {
    if (isStatus(error, "AlreadyExists")) return await client.get(imageStream, ref);
    if (isStatus(error, "Forbidden", "NotFound")) return undefined;
    throw error;
  }
}
