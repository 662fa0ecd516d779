/**
 * Which images of the registry may go, and why each other one stays. Pure.
 *
 * What must stay true: an image that a release, a pod or what makes pods, a tag, its kept history, an app or a build
 * that is kept may ask for stays, and so does all that it consists of; what is not known to be unneeded stays.
 */

import type { RegistryContents, StoredImage, StoredRepository } from "../../lib/registry-contents.ts";
import type { ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import type { TagItem } from "../../model/kinds/image/tag-items.ts";
import { isBuildTag } from "./registry-tags.ts";

/** Somebody who may ask for an image. */
export interface ImageUser {
  /** As a pod would name it; of other registries too. */
  readonly image: string;
  readonly digest?: string | undefined;
  /** In words: `release shop v3`. */
  readonly why: string;
}

export interface RetentionPolicy {
  readonly keepYoungerThanSeconds: number;
  readonly keepTagRevisions: number;
}

export interface RetentionInput {
  /** `host:port` of the registry. */
  readonly registryAddress: string;
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
  readonly contents: RegistryContents;
  readonly streams: readonly ImageStream[];
  readonly users: readonly ImageUser[];
  /** Only images of these repositories go; absent: of all. */
  readonly isInScope?: ((repository: string) => boolean) | undefined;
}

export interface ImageVerdict {
  readonly repository: string;
  readonly digest: string;
  readonly atMs: number;
  /** All that it consists of, shared or not. */
  readonly bytes: number;
  /** Empty: it goes. */
  readonly keptBecause: readonly string[];
}

export interface ForgottenItem {
  /** `NAMESPACE/STREAM`. */
  readonly stream: string;
  readonly tag: string;
  readonly image: string;
  readonly created: string;
}

export interface RetentionPlan {
  /** Those in scope. */
  readonly images: readonly ImageVerdict[];
  /** Tags of the registry that go with their image. */
  readonly tags: readonly { readonly repository: string; readonly tag: string }[];
  /** What the streams' tags need not remember any more. */
  readonly forgotten: readonly ForgottenItem[];
  /** On disk after it, less than now. */
  readonly freedBytes: number;
  readonly totalBytes: number;
}

export function planRetention(input: RetentionInput): RetentionPlan {
  const { contents, isInScope = () => true } = input;
  const reasons = new Reasons(contents.repositories);
  for (const user of input.users) reasons.addUser(user, input.registryAddress);
  const streams = new Map(
    input.streams.map((each) => [`${each.metadata.namespace}/${each.metadata.name}`, each]),
  );
  for (const [key, stream] of streams) keepTags(reasons, key, stream, input);
  for (const repository of contents.repositories) keepPushed(reasons, repository, streams, input);
  reasons.addParts();
  const verdicts = contents.repositories
    .filter(({ name }) => isInScope(name))
    .flatMap((repository) => repository.images.map((image) => verdictOf(reasons, repository, image)));
  const going = new Set(
    verdicts
      .filter(({ keptBecause }) => keptBecause.length === 0)
      .map((each) => keyOf(each.repository, each.digest)),
  );
  const totalBytes = sum(contents.blobs.values());
  return {
    images: verdicts,
    tags: contents.repositories.flatMap(({ name, tags }) =>
      tags
        .filter(({ digest }) => going.has(keyOf(name, digest)))
        .map(({ tag }) => ({ repository: name, tag })),
    ),
    forgotten: [...streams].flatMap(([key, stream]) =>
      isInScope(key) ? forgottenItems(reasons, key, stream, input) : [],
    ),
    freedBytes: totalBytes - keptBytes(contents, going),
    totalBytes,
  };
}

/** Why images stay, by repository and digest. */
class Reasons {
  readonly #repositories: ReadonlyMap<string, StoredRepository>;
  readonly #found = new Map<string, Set<string>>();

  constructor(repositories: readonly StoredRepository[]) {
    this.#repositories = new Map(repositories.map((each) => [each.name, each]));
  }

  of(repository: string, digest: string): readonly string[] {
    return [...(this.#found.get(keyOf(repository, digest)) ?? [])];
  }

  add(repository: string, digest: string, why: string): void {
    const key = keyOf(repository, digest);
    this.#found.set(key, (this.#found.get(key) ?? new Set()).add(why));
  }

  /** By digest and by tag: what the tag names by now, and what it named when the digest was noted. */
  addUser({ image, digest, why }: ImageUser, registryAddress: string): void {
    const place = placeOf(image, registryAddress);
    if (place === undefined) return;
    const repository = this.#repositories.get(place.repository);
    const tagged = repository?.tags.find(({ tag }) => tag === place.tag)?.digest;
    for (const each of [place.digest, digest, tagged])
      if (each !== undefined) this.add(place.repository, each, why);
  }

  /** What kept images consist of stays with them. */
  addParts(): void {
    for (const { name, images } of this.#repositories.values())
      for (const { digest, children } of images)
        if (this.of(name, digest).length > 0)
          for (const child of children) this.add(name, child, `part of ${digest.slice(7, 19)}`);
  }
}

function keepTags(reasons: Reasons, key: string, { status }: ImageStream, input: RetentionInput): void {
  const { registryAddress, policy } = input;
  const name = key.slice(key.indexOf("/") + 1);
  for (const { tag, items } of status?.tags ?? [])
    for (const [index, { image, dockerImageReference }] of items.entries()) {
      if (image === "" || index >= Math.max(1, policy.keepTagRevisions)) continue;
      const why = index === 0 ? `tag ${name}:${tag}` : `history of ${name}:${tag}`;
      reasons.add(key, image, why);
      // Of another stream: pods pull it from there.
      reasons.addUser({ image: dockerImageReference, why }, registryAddress);
    }
}

/** What was pushed a moment ago, or by a tag that its stream has not seen yet. */
function keepPushed(
  reasons: Reasons,
  { name, tags, images }: StoredRepository,
  streams: ReadonlyMap<string, ImageStream>,
  { nowMs, policy }: RetentionInput,
): void {
  const youngMs = nowMs - policy.keepYoungerThanSeconds * 1000;
  for (const { digest, atMs } of images)
    if (atMs > youngMs) reasons.add(name, digest, "pushed a short while ago");
  for (const { tag, digest, atMs } of tags) {
    if (atMs > youngMs) reasons.add(name, digest, "pushed a short while ago");
    const isKnown = streams.get(name)?.status?.tags?.some((list) => list.tag === tag) ?? false;
    if (streams.has(name) && !isKnown && !isBuildTag(tag))
      reasons.add(name, digest, `tag ${tag} of the registry`);
  }
}

function forgottenItems(
  reasons: Reasons,
  key: string,
  { status }: ImageStream,
  { policy, nowMs }: RetentionInput,
): ForgottenItem[] {
  const youngMs = nowMs - policy.keepYoungerThanSeconds * 1000;
  const isForgotten = ({ image, created }: TagItem): boolean =>
    image !== "" && Date.parse(created) <= youngMs && reasons.of(key, image).length === 0;
  return (status?.tags ?? []).flatMap(({ tag, items }) =>
    items
      .slice(Math.max(1, policy.keepTagRevisions))
      .filter(isForgotten)
      .map(({ image, created }) => ({ stream: key, tag, image, created })),
  );
}

function verdictOf(reasons: Reasons, { name }: StoredRepository, image: StoredImage): ImageVerdict {
  const { digest, atMs, blobs } = image;
  const bytes = sum(new Map(blobs.map((blob) => [blob.digest, blob.bytes])).values());
  return { repository: name, digest, atMs, bytes, keptBecause: reasons.of(name, digest) };
}

/** Layers are shared: one stays while any image that stays has it. */
function keptBytes({ repositories, blobs }: RegistryContents, going: ReadonlySet<string>): number {
  const kept = new Set<string>();
  for (const { name, images } of repositories)
    for (const image of images)
      if (!going.has(keyOf(name, image.digest))) for (const { digest } of image.blobs) kept.add(digest);
  return sum([...kept].map((digest) => blobs.get(digest) ?? 0));
}

interface Place {
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/** Of `HOST:PORT/NAMESPACE/STREAM[:TAG][@DIGEST]`; undefined for images of other registries. */
function placeOf(image: string, registryAddress: string): Place | undefined {
  if (!image.startsWith(`${registryAddress}/`)) return undefined;
  const path = image.slice(registryAddress.length + 1);
  const [name = "", digest] = path.split("@");
  const [repository = "", tag] = name.split(":");
  return { repository, digest, tag: tag ?? (digest === undefined ? "latest" : undefined) };
}

function keyOf(repository: string, digest: string): string {
  return `${repository}@${digest}`;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const each of numbers) total += each;
  return total;
}
