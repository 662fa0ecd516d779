/**
 * Which image a name stands for now, as a name that always means the same one. What the engine has under the name wins,
 * as when a pod is started. Of a name that ends in `latest` and of the platform's own registry that is asked first: the
 * one moves, and images that were built here have another digest there.
 */

import { splitReference } from "../../lib/container-engine/image-engine.ts";
import { messageOf } from "../../lib/errors.ts";

/** What the engine knows of an image; undefined where it has none of that name. */
export type EngineDigests = (image: string) => Promise<readonly string[] | undefined>;
/** The digest that a registry has for a name with a tag. */
export type RegistryDigest = (image: string) => Promise<string>;

export interface ImageSources {
  /** `host:port` of the platform's own registry. */
  readonly registryAddress: string;
  readonly engineDigests: EngineDigests;
  readonly registryDigest: RegistryDigest;
}

export type ResolvedImage =
  | { readonly ok: true; readonly image: string }
  | { readonly ok: false; readonly message: string };

export async function resolveImage(image: string, sources: ImageSources): Promise<ResolvedImage> {
  const byDigest = /^[^@]+@sha256:[0-9a-f]{64}$/;
  if (byDigest.test(image)) return { ok: true, image };
  if (!/^[\w.:/-]+$/.test(image))
    return {
      ok: false,
      message: `${JSON.stringify(image)} is not the name of an image: write NAME:TAG or NAME@sha256:DIGEST`,
    };
  const { name, tag } = splitReference(image);
  const inEngine = async (): Promise<string | undefined> =>
    (await sources.engineDigests(image))?.find((each) => each.startsWith("sha256:"));
  const isLatest = tag === "latest" && !name.startsWith("localhost/");
  const isAskedFirst = isLatest || name.startsWith(`${sources.registryAddress}/`);
  const present = isAskedFirst ? undefined : await inEngine();
  if (present !== undefined) return { ok: true, image: `${name}@${present}` };
  try {
    return { ok: true, image: `${name}@${await sources.registryDigest(`${name}:${tag}`)}` };
  } catch (error) {
    const kept = isAskedFirst ? await inEngine() : undefined;
    if (kept !== undefined) return { ok: true, image: `${name}@${kept}` };
    const where = "neither does the container engine have it, nor could its registry be asked";
    return { ok: false, message: `cannot find the image ${image}: ${where}: ${messageOf(error)}` };
  }
}
