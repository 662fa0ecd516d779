/** Tags of image streams as commands name them: `stream:tag`, `namespace/stream:tag`, `stream@sha256:...`. */

import { findObject } from "../../client/find-object.ts";
import type { Client } from "../../client/client.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { currentItem, type SpecTag, type TagItem } from "../../model/kinds/image/tag-items.ts";
import { parseTagName, type TagName } from "../../model/kinds/image/tag-names.ts";
import { isConflict } from "../../model/status.ts";
import { UsageError } from "../command.ts";

const maxWrites = 5;

export interface PlacedTag extends TagName {
  readonly namespace: string;
}

/** Of `[NAMESPACE/]STREAM[:TAG]`. */
export function tagNamed(word: string, namespace: string): PlacedTag {
  const slash = word.indexOf("/");
  const place = slash === -1 ? namespace : word.slice(0, slash);
  const name = parseTagName(slash === -1 ? word : word.slice(slash + 1));
  if (name !== undefined) return { namespace: place, ...name };
  throw new UsageError(
    `${JSON.stringify(word)} names no tag`,
    "A tag is STREAM:TAG, for instance shop:prod. The tags there are: nagi images",
  );
}

export async function findStream(
  client: Client,
  { namespace, stream }: Pick<PlacedTag, "namespace" | "stream">,
): Promise<ImageStream | undefined> {
  return await findObject(client, imageStream, { namespace, name: stream });
}

/** Where the tag points; a usage error that says what there is when it does not. */
export async function itemNamed(client: Client, tag: PlacedTag): Promise<TagItem> {
  const stream = await findStream(client, tag);
  const item = currentItem(stream, tag.tag);
  if (item !== undefined) return item;
  const what = `${tag.stream}:${tag.tag}`;
  if (stream === undefined)
    throw new UsageError(
      `there is no image stream ${tag.stream} in namespace ${tag.namespace}`,
      "The streams and tags there are: nagi images",
    );
  const there = (stream.status?.tags ?? [])
    .filter(({ items }) => items.length > 0)
    .map(({ tag: name }) => name);
  throw new UsageError(
    `there is no tag ${what}`,
    `The tags of ${tag.stream}: ${there.join(", ") || "none yet"}`,
  );
}

/** Changes a stream, and again on what is there when somebody else was first. */
export async function changeStream(
  client: Client,
  { namespace, stream }: Pick<PlacedTag, "namespace" | "stream">,
  change: (present: ImageStream) => ImageStream,
  subresource?: "status",
): Promise<ImageStream> {
  for (let writes = 1; ; writes++) {
    const present = await client.get(imageStream, { namespace, name: stream });
    try {
      return await client.update(imageStream, change(present), { subresource });
    } catch (error) {
      if (!isConflict(error) || writes === maxWrites) throw error;
    }
  }
}

export function withSpecTag(stream: ImageStream, tag: SpecTag): ImageStream {
  const others = (stream.spec?.tags ?? []).filter(({ name }) => name !== tag.name);
  return { ...stream, spec: { ...stream.spec, tags: [...others, tag] } };
}

export function withoutSpecTag(stream: ImageStream, tag: string): ImageStream {
  const tags = (stream.spec?.tags ?? []).filter(({ name }) => name !== tag);
  return { ...stream, spec: { ...stream.spec, tags } };
}

/** The first characters of a digest, enough to tell images apart. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12) || "<none>";
}

/** Where an image came from, in words. */
export function originOf(spec: SpecTag | undefined, item: TagItem, builds: readonly Build[]): string {
  const build = builds.find(({ status }) => status?.output?.to?.imageDigest === item.image);
  if (spec?.from !== undefined && (spec.generation ?? 1) <= item.generation) {
    const { kind, name = "" } = spec.from;
    if (kind === "ImageStreamTag") return `follows ${name}`;
    if (kind === "DockerImage") return spec.reference === true ? `names ${name}` : `import of ${name}`;
    const [stream = ""] = name.split("@");
    const made = build === undefined ? "" : `, ${madeText(build)}`;
    if (name.endsWith(item.image)) return `copy from ${stream}${made}`;
  }
  return build === undefined ? "push" : madeText(build);
}

function madeText({ metadata, spec }: Build): string {
  const commit = spec.revision?.git?.commit;
  return `build ${metadata.name}${commit === undefined ? "" : ` of ${commit.slice(0, 7)}`}`;
}
