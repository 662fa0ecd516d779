/** The images that a configuration's builds stand on, and the tags that its triggers follow. Pure. */

import type { Infer } from "../../schema.ts";
import type { objectReference } from "../core/references.ts";
import type { ImageStream } from "../image/imagestream/imagestream.ts";
import { currentItem, itemOfDigest } from "../image/tag-items.ts";
import { parseImageName, parseTagName } from "../image/tag-names.ts";
import type { BuildCommonSpec } from "./build-spec.ts";
import { strategyFields, strategyFrom } from "./build-strategy.ts";
import type { BuildConfig } from "./buildconfig/buildconfig.ts";

type Reference = Infer<typeof objectReference>;

/** The stream of a key (`namespace/name`), if it is there. */
export type StreamOf = (key: string) => ImageStream | undefined;

export interface FollowedTag {
  /** `NAMESPACE/STREAM:TAG`. */
  readonly key: string;
  readonly from: { readonly namespace: string; readonly name: string };
  readonly paused: boolean;
}

/** A configuration, or a build, which has no triggers. */
export type NamesStreams = Pick<BuildConfig, "metadata"> & {
  readonly spec: BuildCommonSpec & Pick<BuildConfig["spec"], "triggers">;
};

/** What the image triggers of a configuration follow. */
export function followedTags({ metadata, spec }: NamesStreams): FollowedTag[] {
  return (spec.triggers ?? []).flatMap(({ type, imageChange }) => {
    const from = imageChange?.from ?? strategyFrom(spec.strategy);
    if (type !== "ImageChange" || from?.kind !== "ImageStreamTag") return [];
    const tag = tagOf(from, metadata.namespace ?? "");
    return tag === undefined ? [] : [{ ...tag, paused: imageChange?.paused === true }];
  });
}

/** The tag that the builds move. */
export function outputTagKey({ metadata, spec }: BuildConfig): string | undefined {
  const to = spec.output?.to;
  return to === undefined || to.kind === "DockerImage" ? undefined : tagOf(to, metadata.namespace ?? "")?.key;
}

function tagOf(from: Reference, own: string): Omit<FollowedTag, "paused"> | undefined {
  const { stream, tag } = parseTagName(from.name ?? "") ?? {};
  const namespace = from.namespace ?? own;
  if (stream === undefined) return undefined;
  const name = `${stream}:${tag}`;
  return { key: `${namespace}/${name}`, from: { namespace, name } };
}

/** Keys of the streams that the configuration's builds and triggers look at. */
export function streamKeysOf(config: NamesStreams): string[] {
  const namespace = config.metadata.namespace ?? "";
  const references = [
    ...namedImages(config.spec).map(({ from }) => from),
    ...followedTags(config).map(({ from }) => from),
  ];
  const keys = references.flatMap((from) => {
    const key = "kind" in from && from.kind === "DockerImage" ? undefined : streamKey(from, namespace);
    return key === undefined ? [] : [key];
  });
  return [...new Set(keys)];
}

function streamKey(from: Reference, own: string): string | undefined {
  const { stream } = parseTagName(from.name ?? "") ?? parseImageName(from.name ?? "") ?? {};
  return stream === undefined ? undefined : `${from.namespace ?? own}/${stream}`;
}

interface NamedImage {
  readonly path: string;
  readonly from: Reference;
}

function namedImages({ strategy, source }: BuildCommonSpec): NamedImage[] {
  const from = strategyFrom(strategy);
  const field =
    strategy.type === undefined || strategy.type === "JenkinsPipeline" ? "" : strategyFields[strategy.type];
  const images = (source?.images ?? []).map((image, index) => ({
    path: `spec.source.images[${index}].from`,
    from: image.from,
  }));
  return from === undefined ? images : [{ path: `spec.strategy.${field}.from`, from }, ...images];
}

/** The image by digest, or what is missing. */
export type ResolvedImage = { readonly image: string } | { readonly problem: string };

export function imageOfTag(key: string, streamOf: StreamOf): string | undefined {
  const [streamPart = "", tag = "latest"] = key.split(":");
  return currentItem(streamOf(streamPart), tag)?.dockerImageReference;
}

function resolve(from: Reference, own: string, streamOf: StreamOf): ResolvedImage {
  const { kind, name = "", namespace = own } = from;
  if (kind === "DockerImage") return { image: name };
  const key = streamKey(from, own) ?? "";
  const byTag = parseTagName(name);
  const byDigest = parseImageName(name);
  const item =
    kind === "ImageStreamTag"
      ? byTag && currentItem(streamOf(key), byTag.tag)
      : byDigest && itemOfDigest(streamOf(key), byDigest.digest);
  if (item !== undefined) return { image: item.dockerImageReference };
  return {
    problem: `there is no ${kind === "ImageStreamTag" ? "image stream tag" : "image"} ${name} in namespace ${namespace}`,
  };
}

/** The spec with every image by digest, or what cannot be found. */
export function withImages(
  spec: BuildCommonSpec,
  namespace: string,
  streamOf: StreamOf,
): { readonly spec: BuildCommonSpec } | { readonly problems: readonly string[] } {
  const problems = namedImages(spec).flatMap(({ path, from }) => {
    const found = resolve(from, namespace, streamOf);
    return "problem" in found ? [`${path}: ${found.problem}`] : [];
  });
  if (problems.length > 0) return { problems };
  const fixed = (from: Reference): Reference => {
    const found = resolve(from, namespace, streamOf);
    return "image" in found ? { kind: "DockerImage", name: found.image } : from;
  };
  const { strategy, source } = spec;
  const { dockerStrategy: docker, sourceStrategy: s2i, customStrategy: custom } = strategy;
  return {
    spec: {
      ...spec,
      strategy: {
        ...strategy,
        ...(docker === undefined
          ? {}
          : { dockerStrategy: docker.from === undefined ? docker : { ...docker, from: fixed(docker.from) } }),
        ...(s2i === undefined ? {} : { sourceStrategy: { ...s2i, from: fixed(s2i.from) } }),
        ...(custom === undefined ? {} : { customStrategy: { ...custom, from: fixed(custom.from) } }),
      },
      ...(source?.images === undefined
        ? {}
        : {
            source: {
              ...source,
              images: source.images.map((image) => ({ ...image, from: fixed(image.from) })),
            },
          }),
    },
  };
}
