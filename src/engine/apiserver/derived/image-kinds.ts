/** ImageStreamTag, ImageStreamImage and Image: what image streams say of their tags, as objects of their own. */

import type { Image } from "../../../model/kinds/image/image/image.ts";
import { image as imageKind } from "../../../model/kinds/image/image/image.ts";
import { imageStream, type ImageStream } from "../../../model/kinds/image/imagestream/imagestream.ts";
import {
  imageStreamImage,
  type ImageStreamImage,
} from "../../../model/kinds/image/imagestreamimage/imagestreamimage.ts";
import {
  imageStreamTag,
  type ImageStreamTag,
} from "../../../model/kinds/image/imagestreamtag/imagestreamtag.ts";
import { currentItem, historyOf, itemOfDigest, type TagItem } from "../../../model/kinds/image/tag-items.ts";
import { parseImageName, parseTagName } from "../../../model/kinds/image/tag-names.ts";
import { apiVersionOf, resourceName } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/meta.ts";
import type { ServerParts, Target } from "../parts.ts";
import { kindsByName, type DerivedKind, type DerivedKinds } from "./derived-kind.ts";
import { removeTag, writeTag } from "./write-tag.ts";

const tags: DerivedKind = {
  get: (parts, { namespace, name }) => {
    const place = parseTagName(name);
    const stream = place && streamAt(parts, { namespace, name: place.stream });
    return place && stream && tagObject(stream, place.tag);
  },
  list: (parts, namespace) =>
    sorted(
      streamsIn(parts, namespace).flatMap((stream) =>
        tagNames(stream).flatMap((tag) => tagObject(stream, tag) ?? []),
      ),
    ),
  write: async (write) => {
    const stream = await writeTag(write);
    const { tag = "" } = parseTagName(write.target.name) ?? {};
    return tagObject(stream, tag) ?? write.object;
  },
  remove: removeTag,
};

const streamImages: DerivedKind = {
  get: (parts, { namespace, name }) => {
    const place = parseImageName(name);
    const stream = place && streamAt(parts, { namespace, name: place.stream });
    const item = place && itemOfDigest(stream, place.digest);
    return stream && item && streamImageObject(stream, item);
  },
  list: (parts, namespace) =>
    sorted(
      streamsIn(parts, namespace).flatMap((stream) =>
        imagesOf(stream).map((item) => streamImageObject(stream, item)),
      ),
    ),
};

const images: DerivedKind = {
  get: (parts, { name }) => {
    const items = streamsIn(parts, undefined).flatMap((stream) => itemOfDigest(stream, name) ?? []);
    return items[0] && imageObject(items[0]);
  },
  list: (parts) => {
    const items = streamsIn(parts, undefined).flatMap(imagesOf);
    return sorted([...new Map(items.map((item) => [item.image, imageObject(item)])).values()]);
  },
};

export const imageKinds: DerivedKinds = kindsByName([
  [imageStreamTag, tags],
  [imageStreamImage, streamImages],
  [imageKind, images],
]);

function streamAt(parts: ServerParts, { namespace, name }: Omit<Target, "kind">): ImageStream | undefined {
  const key = { resource: resourceName(imageStream), namespace, name };
  return parts.store.get(key)?.value;
}

function streamsIn(parts: ServerParts, namespace: string | undefined): readonly ImageStream[] {
  const { entries } = parts.store.list(resourceName(imageStream), namespace);
  return entries.map(({ value }) => value as ImageStream);
}

function tagNames({ spec, status }: ImageStream): readonly string[] {
  const pointing = (status?.tags ?? []).map(({ tag }) => tag);
  return [...new Set([...pointing, ...(spec?.tags ?? []).map(({ name }) => name)])];
}

/** Undefined for a tag that neither points anywhere nor should. */
function tagObject(stream: ImageStream, tag: string): ImageStreamTag | undefined {
  const spec = stream.spec?.tags?.find(({ name }) => name === tag);
  const item = currentItem(stream, tag);
  if (spec === undefined && item === undefined) return undefined;
  const generation = item?.generation ?? spec?.generation;
  const conditions = historyOf(stream, tag)?.conditions;
  const local = stream.spec?.lookupPolicy?.local ?? false;
  return {
    ...base(stream, imageStreamTag, `${stream.metadata.name}:${tag}`, item),
    ...(spec === undefined ? {} : { tag: spec }),
    ...(generation === undefined ? {} : { generation }),
    lookupPolicy: { local },
    ...(conditions === undefined ? {} : { conditions }),
    ...(item === undefined ? {} : { image: embedded(item) }),
  };
}

function streamImageObject(stream: ImageStream, item: TagItem): ImageStreamImage {
  const name = `${stream.metadata.name}@${item.image}`;
  return { ...base(stream, imageStreamImage, name, item), image: embedded(item) };
}

function imageObject(item: TagItem): Image {
  const { metadata, dockerImageReference } = embedded(item);
  return { apiVersion: apiVersionOf(imageKind), kind: imageKind.kind, metadata, dockerImageReference };
}

/** The revision is the stream's: a write of what was read is refused when the stream has changed since. */
function base(
  { metadata: { namespace, uid, resourceVersion, creationTimestamp, labels } }: ImageStream,
  kind: typeof imageStreamTag | typeof imageStreamImage,
  name: string,
  item: TagItem | undefined,
): KubeObject {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp: item?.created ?? creationTimestamp,
      ...(labels === undefined ? {} : { labels }),
    },
  };
}

function embedded({ image, created, dockerImageReference }: TagItem) {
  return { metadata: { name: image, creationTimestamp: created }, dockerImageReference };
}

/** Every image once; a tag that only names an image somewhere has none here. */
function imagesOf(stream: ImageStream): readonly TagItem[] {
  const items = (stream.status?.tags ?? []).flatMap((tag) => tag.items).filter(({ image }) => image !== "");
  return [...new Map(items.map((item) => [item.image, item])).values()];
}

function sorted(objects: readonly KubeObject[]): readonly KubeObject[] {
  const keyOf = ({ metadata: { namespace = "", name = "" } }: KubeObject): string => `${namespace}\n${name}`;
  return objects.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
