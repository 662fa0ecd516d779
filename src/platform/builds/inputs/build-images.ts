/**
 * Images that a build names. What must stay true: with the platform's own credentials only images of the build's
 * namespace and of the shared one are pulled.
 */

import type { Client } from "../../../client/client.ts";
import { readStreams } from "../../../client/start-build.ts";
import type { RegistryAuth } from "../../../lib/container-engine/engine-build.ts";
import type { ContainerEngine } from "../../../lib/container-engine/container-engine.ts";
import { drain } from "../../../lib/container-engine/image-engine.ts";
import { isEngineError } from "../../../lib/container-engine/engine-transport.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { Build } from "../../../model/kinds/build/build/build.ts";
import { withImages } from "../../../model/kinds/build/config-images.ts";
import { sharedNamespace } from "../../../model/kinds/build/validate-build.ts";
import { BuildFailure } from "../failure.ts";
import { registryAuth } from "../registry-auth.ts";

export interface ImagesOptions {
  readonly client: Client;
  readonly engine: ContainerEngine;
  readonly registry: { readonly address: string; readonly auth?: RegistryAuth | undefined };
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The build with its image stream tags by digest; what a BuildConfig made has them so already. */
export async function withFoundImages(build: Build, { client }: ImagesOptions): Promise<Build> {
  const streamOf = await readStreams(client, build);
  const found = withImages(build.spec, build.metadata.namespace ?? "", streamOf);
  if ("spec" in found) return { ...build, spec: { ...build.spec, ...found.spec } };
  throw new BuildFailure("InvalidImageReference", found.problems.join("; "));
}

export interface WantedImage {
  readonly image: string;
  /** Field that names it. */
  readonly path: string;
  readonly pullSecret?: string | undefined;
  readonly always?: boolean | undefined;
  /** For instance `linux/arm64`; absent: the engine's own. */
  readonly platform?: string | undefined;
}

/** Sees to it that the engine has the image. */
export async function pull(build: Build, wanted: WantedImage, options: ImagesOptions): Promise<void> {
  const { image, path, platform, always = false } = wanted;
  const { engine, registry, signal, tell } = options;
  const isOwn = image.startsWith(`${registry.address}/`);
  refuseForeign(build, wanted, registry.address);
  if (!always && (await engine.hasImage(image))) return;
  tell(`-----> Pulling ${image}`);
  const auth = isOwn ? registry.auth : await secretAuth(build, wanted, options);
  try {
    await drain(engine.pullImage(image, { auth, insecure: isOwn, platform, signal }));
  } catch (error) {
    signal.throwIfAborted();
    if (!isEngineError(error)) throw error;
    const message = `${path}: cannot pull ${image}: ${messageOf(error).trim()}`;
    throw new BuildFailure("PullBuilderImageFailed", message, { cause: error });
  }
}

/** An engine has the images of all namespaces, by their names and by their ids. */
export function refuseForeign({ metadata }: Build, { image, path }: WantedImage, address: string): void {
  const refuse = (why: string): never => {
    throw new BuildFailure("InvalidImageReference", `${path}: ${why}`);
  };
  if (/^(sha256:)?[0-9a-f]{3,64}$/.test(image))
    refuse(`${image} is the id of an image: write its name, which says whose it is`);
  if (!image.startsWith(`${address}/`)) return;
  const [namespace = ""] = image.slice(address.length + 1).split("/");
  if (namespace === metadata.namespace || namespace === sharedNamespace) return;
  refuse(
    `${image} is of namespace ${namespace}; a build takes images of its own namespace and of ${sharedNamespace}`,
  );
}

async function secretAuth(
  { metadata }: Build,
  { image, path, pullSecret }: WantedImage,
  { client }: ImagesOptions,
): Promise<RegistryAuth | undefined> {
  return await registryAuth(client, {
    namespace: metadata.namespace,
    secret: pullSecret,
    registry: image.split("/")[0] ?? "",
    path: path.replace(/from$/, "pullSecret"),
    reason: "PullBuilderImageFailed",
  });
}

/** The container that the files of an image are read from; there is at most one of a build. */
export function readingContainer({ metadata }: Build): string {
  return `nagi-build-${metadata.uid ?? metadata.name ?? ""}`;
}

/** A tar of the path in the image: of a directory with its name first. Undefined when there is no such path. */
export async function readFromImage<T>(
  build: Build,
  { image, sourcePath }: { readonly image: string; readonly sourcePath: string },
  {
    engine,
    use,
  }: { readonly engine: ContainerEngine; readonly use: (tar: AsyncIterable<unknown>) => Promise<T> },
): Promise<T | undefined> {
  const name = readingContainer(build);
  await engine.removeContainer(name);
  // It is never started.
  await engine.createContainer(name, { Image: image, Entrypoint: [], Cmd: ["/nagi-reads-this"] });
  try {
    return await use(await engine.readPath(name, sourcePath));
  } catch (error) {
    if (isEngineError(error, 404)) return undefined;
    throw error;
  } finally {
    await engine.removeContainer(name);
  }
}
