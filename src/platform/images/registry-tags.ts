/**
 * Brings a stream and its repository in the registry together: a tag that was pushed moves in the stream, a tag that
 * the stream moved moves in the registry, so that both ways to say `default/app:prod` mean one image.
 */

import type { TagHistory, Tags } from "../../model/kinds/image/tag-items.ts";
import type { ImageCopier } from "./skopeo.ts";
import { isForgotten, withItem } from "./tag-history.ts";

export interface TagLink {
  readonly digest: string;
  /** When the tag was moved there. */
  readonly atMs: number;
}

/** What is needed of the registry's files. */
export interface TagStorage {
  tags(repository: string): Promise<ReadonlyMap<string, TagLink>>;
  setTag(repository: string, tag: string, link: TagLink): Promise<void>;
  removeTag(repository: string, tag: string): Promise<void>;
  hasImage(repository: string, digest: string): Promise<boolean>;
}

/** Tags that name the image of one build; they belong to no branch. */
export function isBuildTag(tag: string): boolean {
  return /-[0-9a-f]{8}$/.test(tag);
}

interface Place {
  /** `NAMESPACE/STREAM`. */
  readonly repository: string;
  readonly registryAddress: string;
  readonly storage: TagStorage;
  readonly copier: ImageCopier;
  readonly signal: AbortSignal;
}

/** The tags with those that were pushed since the stream last moved them. */
export function pushedTags(
  tags: Tags,
  written: ReadonlyMap<string, TagLink>,
  { repository, registryAddress }: Pick<Place, "repository" | "registryAddress">,
): Tags {
  let result = tags;
  for (const [tag, { digest, atMs }] of written) {
    if (isBuildTag(tag)) continue;
    const list = result.find((each) => each.tag === tag);
    const created = new Date(atMs).toISOString();
    const [current] = list?.items ?? [];
    const isOlder = current !== undefined && atMs <= Date.parse(current.created);
    if (current?.image === digest || isOlder || isForgotten(list, { created })) continue;
    const dockerImageReference = `${registryAddress}/${repository}@${digest}`;
    const generation = current?.generation ?? 1;
    result = withItem(result, tag, { created, dockerImageReference, image: digest, generation });
  }
  return result;
}

/** Moves the registry's tags to where the stream's point, with a copy of an image that another stream has. */
export async function moveRegistryTags(tags: Tags, place: Place): Promise<void> {
  const present = await place.storage.tags(place.repository);
  for (const list of tags) await moveOne(list, present.get(list.tag)?.digest, place);
}

async function moveOne(
  { tag, items }: TagHistory,
  present: string | undefined,
  { repository, registryAddress, storage, copier, signal }: Place,
): Promise<void> {
  const [current] = items;
  if (current === undefined) {
    if (present !== undefined) await storage.removeTag(repository, tag);
    return;
  }
  const { image, dockerImageReference: reference } = current;
  if (present === image || !reference.startsWith(`${registryAddress}/`) || image === "") return;
  if (!(await storage.hasImage(repository, image)))
    await copier.copy(reference, `${registryAddress}/${repository}:${tag}`, { signal });
  // With the stream's own time: what moves the tag in the stream next must be newer than this.
  await storage.setTag(repository, tag, { digest: image, atMs: Date.parse(current.created) });
}
