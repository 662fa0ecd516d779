/** What the spec of a stream says of its tags, carried out: copies of other tags, references, imports. */

import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { setCondition } from "../../model/conditions.ts";
import type { ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import {
  currentItem,
  itemOfDigest,
  type SpecTag,
  type TagHistory,
  type TagItem,
  type Tags,
} from "../../model/kinds/image/tag-items.ts";
import type { Client } from "../../client/client.ts";
import { pullEntries } from "../../client/pull-secrets.ts";
import { parseImageName, parseTagName } from "../../model/kinds/image/tag-names.ts";
import type { ImageCopier } from "./skopeo.ts";
import { replaced, withItem } from "./tag-history.ts";

const defaultIntervalSeconds = 900;
/** A failed import is tried again after this long. */
const retryMs = 60_000;

export interface SpecTagsOptions {
  readonly client: Client;
  /** `host:port` of the registry. */
  readonly registryAddress: string;
  readonly copier: ImageCopier;
  readonly streamOf: (key: string) => ImageStream | undefined;
  readonly clock: Clock;
}

export interface Applied {
  readonly tags: Tags;
  readonly requeueAfterMs?: number | undefined;
}

interface Context {
  readonly stream: ImageStream;
  readonly spec: SpecTag;
  readonly present: TagHistory | undefined;
  readonly tags: Tags;
  readonly signal: AbortSignal;
}

/** Where a tag should point; a problem when that cannot be said. */
type Found = Pick<TagItem, "image" | "dockerImageReference"> | { readonly problem: string };

export class SpecTags {
  readonly #options: SpecTagsOptions;
  /** When each tag was last looked for outside, and what was looked for. */
  readonly #looked = new Map<string, { readonly atMs: number; readonly source: string }>();

  constructor(options: SpecTagsOptions) {
    this.#options = options;
  }

  async apply(stream: ImageStream, tags: Tags, signal: AbortSignal): Promise<Applied> {
    let result: Applied = { tags };
    for (const spec of stream.spec?.tags ?? []) {
      if (spec.from === undefined) continue;
      const present = result.tags.find(({ tag }) => tag === spec.name);
      const next = await this.#applyOne({ stream, spec, present, tags: result.tags, signal });
      const waits = [result.requeueAfterMs, next.requeueAfterMs].filter((each) => each !== undefined);
      result = { tags: next.tags, requeueAfterMs: waits.length === 0 ? undefined : Math.min(...waits) };
    }
    return result;
  }

  async #applyOne(context: Context): Promise<Applied> {
    const { spec, present, tags } = context;
    const source = JSON.stringify([spec.from, spec.generation ?? 1, spec.reference ?? false]);
    const isApplied = present?.appliedSource === source;
    if (spec.from?.kind === "DockerImage" && spec.reference !== true)
      return await this.#import(context, source, isApplied);
    // A tag that follows another is looked at each time; what stands still, once.
    if (isApplied && spec.from?.kind !== "ImageStreamTag") return { tags };
    return { tags: this.#moved(context, source, this.#find(context)) };
  }

  async #import(context: Context, source: string, isApplied: boolean): Promise<Applied> {
    const { stream, spec, tags, signal } = context;
    const { client, registryAddress, copier, clock } = this.#options;
    const { namespace, name } = stream.metadata;
    const key = `${namespace}/${name}:${spec.name}`;
    const { scheduled = false, intervalSeconds = defaultIntervalSeconds } = spec.importPolicy ?? {};
    const looked = this.#looked.get(key);
    const everyMs = isApplied ? intervalSeconds * 1000 : retryMs;
    const waitMs = looked?.source === source ? looked.atMs + everyMs - clock.now() : 0;
    if (isApplied && !scheduled) return { tags };
    if (waitMs > 0) return { tags, requeueAfterMs: waitMs };
    const repository = `${registryAddress}/${namespace}/${name}`;
    const found = await copier
      .copy(withTag(spec.from?.name ?? ""), `${repository}:${spec.name}`, {
        insecure: spec.importPolicy?.insecure,
        auths: await pullEntries(client, namespace ?? ""),
        signal,
      })
      .then(
        (digest): Found => ({ image: digest, dockerImageReference: `${repository}@${digest}` }),
        (error: unknown): Found => ({ problem: messageOf(error) }),
      );
    signal.throwIfAborted();
    this.#looked.set(key, { atMs: clock.now(), source });
    const requeueAfterMs = "problem" in found ? retryMs : scheduled ? intervalSeconds * 1000 : undefined;
    return { tags: this.#moved(context, source, found), requeueAfterMs };
  }

  #find({ stream, spec }: Context): Found {
    const { namespace } = stream.metadata;
    const { kind, name = "", namespace: other = namespace } = spec.from ?? {};
    if (spec.reference === true) return { image: "", dockerImageReference: name };
    if (other !== namespace)
      return {
        problem: `spec.tags: ${name} is in namespace ${other}; a stream takes images of its own only`,
      };
    if (kind === "ImageStreamTag") {
      const from = parseTagName(name);
      const item = from && currentItem(this.#options.streamOf(`${namespace}/${from.stream}`), from.tag);
      return item ?? { problem: `there is no image stream tag ${name}` };
    }
    if (kind === "ImageStreamImage") {
      const from = parseImageName(name);
      const item = from && itemOfDigest(this.#options.streamOf(`${namespace}/${from.stream}`), from.digest);
      return item ?? { problem: `there is no image ${name}` };
    }
    const kinds = "ImageStreamTag, ImageStreamImage or DockerImage";
    return { problem: `spec.tags: from.kind is ${JSON.stringify(kind)}; it must be ${kinds}` };
  }

  /** The tags with the one moved to what was found, or with what is wrong noted. */
  #moved({ spec, present, tags }: Context, source: string, found: Found): Tags {
    const now = new Date(this.#options.clock.now()).toISOString();
    const problem = "problem" in found ? found.problem : undefined;
    const condition = {
      type: "ImportSuccess",
      status: problem === undefined ? "True" : "False",
      reason: problem === undefined ? "Imported" : "ImportFailed",
      message: problem ?? `${spec.from?.name ?? ""} is here`,
      observedGeneration: spec.generation ?? 1,
    };
    const conditions = [...setCondition(present?.conditions ?? [], condition, now)];
    const list: TagHistory = { ...(present ?? { tag: spec.name, items: [] }), conditions };
    if ("problem" in found) return replaced(tags, list);
    const applied = { ...list, appliedSource: source };
    const current = present?.items[0];
    const isThere =
      current?.image === found.image && current.dockerImageReference === found.dockerImageReference;
    if (isThere) return replaced(tags, applied);
    const { image, dockerImageReference } = found;
    const item = { created: now, image, dockerImageReference, generation: spec.generation ?? 1 };
    return withItem(tags, spec.name, item, { conditions, appliedSource: source });
  }
}

/** skopeo wants to be told which tag. */
function withTag(reference: string): string {
  const last = reference.slice(reference.lastIndexOf("/") + 1);
  return last.includes(":") || last.includes("@") ? reference : `${reference}:latest`;
}
