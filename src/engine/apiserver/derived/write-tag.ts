/** Writes of one tag, carried out on its stream. The platform moves the tag then, as after any write of the stream. */

import type { UserInfo } from "../../../client/user.ts";
import { isJsonEqual } from "../../../model/json.ts";
import { newObject } from "../../../model/kind.ts";
import { imageStream, type ImageStream } from "../../../model/kinds/image/imagestream/imagestream.ts";
import type { ImageStreamTag } from "../../../model/kinds/image/imagestreamtag/imagestreamtag.ts";
import { imageStreamTag } from "../../../model/kinds/image/imagestreamtag/imagestreamtag.ts";
import { currentItem, type SpecTag } from "../../../model/kinds/image/tag-items.ts";
import { parseTagName } from "../../../model/kinds/image/tag-names.ts";
import type { KubeObject } from "../../../model/meta.ts";
import { isNotFound } from "../../../model/status.ts";
import { invalid } from "../api-errors.ts";
import { createObject } from "../operations/create.ts";
import { replaceObject } from "../operations/replace.ts";
import type { ServerParts, Target } from "../parts.ts";
import type { DerivedWrite } from "./derived-kind.ts";

const fromKinds = ["ImageStreamTag", "ImageStreamImage", "DockerImage"];

/** The stream with the tag as it was asked for; a stream that is not there is made, as `oc tag` expects. */
export async function writeTag(write: DerivedWrite): Promise<ImageStream> {
  const { parts, target, user, dryRun } = write;
  const { namespace, name } = target;
  const place = parseTagName(name) ?? { stream: "", tag: "" };
  const object = write.object as ImageStreamTag;
  checkTag(object);
  const { uid, resourceVersion } = object.metadata;
  return await writeStream(parts, {
    namespace,
    name: place.stream,
    user,
    dryRun,
    next: (previous) => {
      const changed = withTag(previous, place.tag, object);
      return { ...changed, metadata: { ...changed.metadata, uid, resourceVersion } };
    },
  });
}

export interface StreamWrite {
  readonly namespace: string;
  readonly name: string;
  readonly user: UserInfo;
  readonly dryRun?: boolean | undefined;
  readonly next: (previous: ImageStream) => ImageStream;
}

export async function writeStream(
  parts: ServerParts,
  { namespace, name, user, dryRun, next }: StreamWrite,
): Promise<ImageStream> {
  const target = { kind: imageStream, namespace, name };
  const change = (previous: KubeObject): KubeObject => next(previous);
  try {
    const { value } = await replaceObject(parts, { target, subresource: "", next: change, user, dryRun });
    return value;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const bare = newObject<ImageStream>(imageStream, { namespace, name }, {});
  const { metadata, ...rest } = next(bare);
  const made = { ...rest, metadata: { namespace: metadata.namespace, name } };
  const { value } = await createObject(parts, { kind: imageStream, namespace, object: made, user, dryRun });
  return value;
}

/** From the spec, and from where it pointed: what a build once made does not bring it back. */
export async function removeTag({
  parts,
  target,
  dryRun,
}: Pick<DerivedWrite, "parts" | "target" | "dryRun">): Promise<void> {
  const { stream, tag } = parseTagName(target.name) ?? { stream: "", tag: "" };
  const place: Target = { kind: imageStream, namespace: target.namespace, name: stream };
  await replaceObject(parts, {
    target: place,
    subresource: "",
    dryRun,
    next: (previous) => {
      const { spec, ...rest } = previous as ImageStream;
      return { ...rest, spec: { ...spec, tags: (spec?.tags ?? []).filter(({ name }) => name !== tag) } };
    },
  });
  // To the millisecond, as the places are: the one that was made in this very second is forgotten too.
  const prunedBefore = new Date(parts.clock.now()).toISOString();
  await replaceObject(parts, {
    target: place,
    subresource: "status",
    dryRun,
    next: (previous) => {
      const { status, ...rest } = previous as ImageStream;
      const others = (status?.tags ?? []).filter((each) => each.tag !== tag);
      return { ...rest, status: { ...status, tags: [...others, { tag, items: [], prunedBefore }] } };
    },
  });
}

function checkTag(object: ImageStreamTag): void {
  const { name = "" } = object.metadata;
  const { kind = "", name: source = "" } = object.tag?.from ?? {};
  if (object.tag?.from === undefined) {
    // A tag that was pushed or built has no source: its labels and notes may be written all the same.
    if (object.image !== undefined) return;
    throw invalid(imageStreamTag, name, [
      { type: "Required", path: "tag.from", detail: "where the tag takes its image from" },
    ]);
  }
  if (!fromKinds.includes(kind)) {
    const detail = `supported values: ${fromKinds.map((each) => `"${each}"`).join(", ")}`;
    throw invalid(imageStreamTag, name, [
      { type: "NotSupported", path: "tag.from.kind", value: kind, detail },
    ]);
  }
  if (source === "")
    throw invalid(imageStreamTag, name, [
      { type: "Required", path: "tag.from.name", detail: "name of the source" },
    ]);
}

/** The source, asked for again, is looked at again: unless the writer shows the generation that it knows. */
function withTag(
  stream: ImageStream,
  tag: string,
  { tag: asked, lookupPolicy }: ImageStreamTag,
): ImageStream {
  const spec = { ...stream.spec, ...(lookupPolicy === undefined ? {} : { lookupPolicy }) };
  if (asked?.from === undefined) return { ...stream, spec };
  const present = stream.spec?.tags?.find(({ name }) => name === tag);
  const wanted: SpecTag = { ...asked, name: tag };
  return { ...stream, spec: { ...spec, tags: withSpecTag(stream, wanted, present) } };
}

function withSpecTag(stream: ImageStream, wanted: SpecTag, present: SpecTag | undefined): SpecTag[] {
  const others = (stream.spec?.tags ?? []).filter(({ name }) => name !== wanted.name);
  const isKnown = present?.generation !== undefined && wanted.generation === present.generation;
  const isSame = isKnown && isJsonEqual(wanted.from, present.from);
  const generation = isSame ? present.generation : nextGeneration(stream, wanted.name);
  return [...others, { ...wanted, generation }];
}

export function nextGeneration(stream: ImageStream, tag: string): number {
  const asked = stream.spec?.tags?.find(({ name }) => name === tag)?.generation ?? 0;
  return 1 + Math.max(asked, currentItem(stream, tag)?.generation ?? 0);
}
