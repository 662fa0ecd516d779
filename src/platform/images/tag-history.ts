/** A stream's tags as its builds made them. Pure, and the same however often it is asked. */

import type { Build } from "../../model/kinds/build/build/build.ts";
import type { ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";

/** Images that a tag remembers. */
export const historyLimit = 10;

export type Tags = NonNullable<NonNullable<ImageStream["status"]>["tags"]>;
type TagEvent = Tags[number]["items"][number];

/** Name of the stream and of the tag that a build writes; undefined when it writes none. */
export function outputTag(build: Build): { readonly stream: string; readonly tag: string } | undefined {
  const to = build.spec.output?.to;
  if (to?.name === undefined || (to.kind !== undefined && to.kind !== "ImageStreamTag")) return undefined;
  const [stream = "", tag = "latest"] = to.name.split(":");
  return stream === "" ? undefined : { stream, tag };
}

/** The present tags with what the complete builds of the stream have added, newest first. */
export function tagsWith(present: Tags, stream: string, builds: readonly Build[]): Tags {
  const byTag = new Map(present.map((list) => [list.tag, list]));
  for (const build of builds) {
    const output = outputTag(build);
    const event = eventOf(build);
    if (output?.stream !== stream || event === undefined) continue;
    const list = byTag.get(output.tag) ?? { tag: output.tag, items: [] };
    const known = list.items.some(({ created, image }) => created === event.created && image === event.image);
    if (!known) byTag.set(output.tag, { ...list, items: newestFirst([...list.items, event]) });
  }
  return [...byTag.values()].sort((a, b) => a.tag.localeCompare(b.tag));
}

function newestFirst(items: readonly TagEvent[]): TagEvent[] {
  return items.toSorted((a, b) => Date.parse(b.created) - Date.parse(a.created)).slice(0, historyLimit);
}

function eventOf({ status }: Build): TagEvent | undefined {
  const digest = status?.output?.to?.imageDigest;
  const reference = status?.outputDockerImageReference;
  if (status?.phase !== "Complete" || digest === undefined || reference === undefined) return undefined;
  const repository = reference.slice(0, reference.lastIndexOf(":"));
  return {
    created: status.completionTimestamp ?? new Date(0).toISOString(),
    dockerImageReference: `${repository}@${digest}`,
    image: digest,
    generation: 1,
  };
}
