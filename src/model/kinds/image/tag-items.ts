/** Where the tags of a stream point. Pure. */

import type { ImageStream } from "./imagestream/imagestream.ts";

export type Tags = NonNullable<NonNullable<ImageStream["status"]>["tags"]>;
export type TagHistory = Tags[number];
export type TagItem = TagHistory["items"][number];
export type SpecTag = NonNullable<NonNullable<ImageStream["spec"]>["tags"]>[number];

export function historyOf(stream: ImageStream | undefined, tag: string): TagHistory | undefined {
  return stream?.status?.tags?.find((each) => each.tag === tag);
}

export function currentItem(stream: ImageStream | undefined, tag: string): TagItem | undefined {
  return historyOf(stream, tag)?.items[0];
}

/** The newest item of any tag that points at the image. */
export function itemOfDigest(stream: ImageStream | undefined, digest: string): TagItem | undefined {
  const items = (stream?.status?.tags ?? []).flatMap((tag) => tag.items);
  return items
    .filter(({ image }) => image === digest)
    .toSorted((a, b) => Date.parse(b.created) - Date.parse(a.created))[0];
}
