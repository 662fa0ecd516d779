/** A stream's tags as builds, pushes and its spec move them. Pure, and the same however often it is asked. */

import type { Build } from "../../model/kinds/build/build/build.ts";
import type { TagHistory, TagItem, Tags } from "../../model/kinds/image/tag-items.ts";

/** Images that a tag remembers. */
export const historyLimit = 10;

/** Name of the stream and of the tag that a build writes; undefined when it writes none. */
export function outputTag(build: Build): { readonly stream: string; readonly tag: string } | undefined {
  const to = build.spec.output?.to;
  if (to?.name === undefined || (to.kind !== undefined && to.kind !== "ImageStreamTag")) return undefined;
  const [stream = "", tag = "latest"] = to.name.split(":");
  return stream === "" ? undefined : { stream, tag };
}

/** The present tags with what the complete builds of the stream have added, newest first. */
export function tagsWith(present: Tags, stream: string, builds: readonly Build[]): Tags {
  let tags: Tags = present;
  for (const build of builds) {
    const output = outputTag(build);
    const item = itemOf(build);
    if (output?.stream !== stream || item === undefined) continue;
    const list = tags.find(({ tag }) => tag === output.tag);
    const known = list?.items.some(({ created, image }) => created === item.created && image === item.image);
    if (known !== true && !isForgotten(list, item)) tags = withItem(tags, output.tag, item);
  }
  return tags;
}

/** The tags with one more place where a tag points or pointed. */
export function withItem(tags: Tags, tag: string, item: TagItem, rest: Partial<TagHistory> = {}): Tags {
  const list = tags.find((each) => each.tag === tag) ?? { tag, items: [] };
  return replaced(tags, { ...list, ...rest, items: newestFirst([...list.items, item]) });
}

export function replaced(tags: Tags, list: TagHistory): Tags {
  return [...tags.filter(({ tag }) => tag !== list.tag), list].sort((a, b) => a.tag.localeCompare(b.tag));
}

/** Without places that are not current; they do not come back by what once led there. */
export function withoutItems(
  tags: Tags,
  items: readonly Pick<TagItem & { readonly tag: string }, "tag" | "image" | "created">[],
): Tags {
  return tags.map((list) => {
    const [current, ...past] = list.items;
    const goes = (item: TagItem): boolean =>
      items.some(
        ({ tag, image, created }) => tag === list.tag && image === item.image && created === item.created,
      );
    const gone = past.filter(goes).map(({ created }) => created);
    if (current === undefined || gone.length === 0) return list;
    const times = [...gone, list.prunedBefore ?? ""].toSorted(
      (a, b) => (Date.parse(b) || 0) - (Date.parse(a) || 0),
    );
    return { ...list, items: [current, ...past.filter((item) => !goes(item))], prunedBefore: times[0] };
  });
}

/** What has been pruned or deleted does not come back by the build that once made it. */
export function isForgotten(list: TagHistory | undefined, { created }: Pick<TagItem, "created">): boolean {
  const before = list?.prunedBefore;
  return before !== undefined && Date.parse(created) <= Date.parse(before);
}

function newestFirst(items: readonly TagItem[]): TagItem[] {
  return items.toSorted((a, b) => Date.parse(b.created) - Date.parse(a.created)).slice(0, historyLimit);
}

function itemOf({ status }: Build): TagItem | undefined {
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
