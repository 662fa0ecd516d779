/** A configuration's next build, as OpenShift names, labels and fills it. Pure. */

import { newObject } from "../../kind.ts";
import { controllerRef } from "../../meta.ts";
import type { Infer } from "../../schema.ts";
import type { EnvVar } from "../core/pod/container.ts";
import { build as buildKind, type Build } from "./build/build.ts";
import type { BuildCommonSpec, SourceRevision } from "./build-spec.ts";
import { strategyFields } from "./build-strategy.ts";
import type { triggerCause } from "./build-trigger.ts";
import type { BuildConfig } from "./buildconfig/buildconfig.ts";
import { followedTags, imageOfTag, type StreamOf } from "./config-images.ts";

export type TriggerCause = Infer<typeof triggerCause>;

export const configLabel = "openshift.io/build-config.name";
export const policyLabel = "openshift.io/build.start-policy";
export const numberAnnotation = "openshift.io/build.number";
/** On a build: the images that the tags of its configuration's triggers named then, as a JSON object. */
export const imagesAnnotation = "nagi.dev/trigger-images";
const clonedAnnotation = "openshift.io/build.clone-of";

/** What is asked of one build beside its configuration; the fields of OpenShift's BuildRequest. */
export interface BuildWish {
  /** Why; at least one. */
  readonly causes: readonly TriggerCause[];
  readonly revision?: SourceRevision | undefined;
  /** Id in the source store. */
  readonly source?: string | undefined;
  readonly env?: readonly EnvVar[] | undefined;
  readonly buildArgs?: readonly EnvVar[] | undefined;
  readonly noCache?: boolean | undefined;
  readonly incremental?: boolean | undefined;
}

/** Of the configuration's triggers, by the key of the tag; tags that name nothing are left out. */
export type TriggerImages = Readonly<Record<string, string>>;

export function triggerImages(config: BuildConfig, streamOf: StreamOf): TriggerImages {
  const images = followedTags(config).flatMap(({ key, paused }): [string, string][] => {
    const image = paused ? undefined : imageOfTag(key, streamOf);
    return image === undefined ? [] : [[key, image]];
  });
  return Object.fromEntries(images);
}

/** The images that a build noted when it was made. */
export function notedImages({ metadata }: Build): TriggerImages {
  const text = metadata.annotations?.[imagesAnnotation];
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as TriggerImages) : {};
  } catch {
    // Somebody changed it: as if nothing had been noted.
    return {};
  }
}

export function buildNumber({ metadata }: Build): number {
  return Number(metadata.annotations?.[numberAnnotation] ?? 0);
}

export interface NewBuild {
  readonly config: BuildConfig;
  readonly number: number;
  readonly wish: BuildWish;
  /** Of the configuration, with its images found. */
  readonly spec: BuildCommonSpec;
  readonly images: TriggerImages;
}

export function newBuild({ config, number, wish, spec, images }: NewBuild): Build {
  const { namespace, name = "", labels } = config.metadata;
  const { runPolicy = "Serial" } = config.spec;
  const buildName = `${name}-${number}`;
  return newObject<Build>(
    buildKind,
    {
      namespace,
      name: buildName,
      labels: { ...labels, buildconfig: name, [configLabel]: name, [policyLabel]: runPolicy },
      annotations: {
        [numberAnnotation]: String(number),
        ...(Object.keys(images).length === 0 ? {} : { [imagesAnnotation]: JSON.stringify(images) }),
      },
      ownerReferences: [controllerRef(config)],
    },
    { spec: { ...wishedSpec(spec, wish), triggeredBy: [...wish.causes] } },
  );
}

/** The same build once more, under another number. */
export function clonedBuild(
  old: Build,
  { name, number, cause }: { name: string; number: number; cause: string },
): Build {
  const { namespace, labels, ownerReferences, annotations = {} } = old.metadata;
  const { [imagesAnnotation]: _images, ...kept } = annotations;
  return newObject<Build>(
    buildKind,
    {
      namespace,
      name,
      labels,
      annotations: {
        ...kept,
        [numberAnnotation]: String(number),
        [clonedAnnotation]: old.metadata.name ?? "",
      },
      ownerReferences,
    },
    { spec: { ...old.spec, triggeredBy: [{ message: cause }] } },
  );
}

function wishedSpec(spec: BuildCommonSpec, wish: BuildWish): BuildCommonSpec {
  const { source } = spec;
  const { commit } = wish.revision?.git ?? {};
  // A commit in full is found by the revision; what is not one is a branch or a tag.
  const isRef = commit !== undefined && !/^[0-9a-f]{40,64}$/.test(commit);
  const git = isRef && source?.git !== undefined ? { git: { ...source.git, ref: commit } } : {};
  const sent = wish.source === undefined ? {} : { type: "Binary" as const, binary: { asFile: wish.source } };
  // What is sent in stands for the repository.
  const { git: _git, ...withoutGit } = source ?? {};
  const wished = wish.source === undefined ? { ...source, ...git } : { ...withoutGit, ...sent };
  return {
    ...spec,
    ...(Object.keys(wished).length === 0 ? {} : { source: wished }),
    ...(wish.revision === undefined ? {} : { revision: wish.revision }),
    strategy: wishedStrategy(spec.strategy, wish),
  };
}

type Strategy = BuildCommonSpec["strategy"];

function wishedStrategy(strategy: Strategy, { env, buildArgs, noCache, incremental }: BuildWish): Strategy {
  const { type } = strategy;
  if (type === undefined || type === "JenkinsPipeline") return strategy;
  const field = strategyFields[type];
  const settings = strategy[field];
  const asked = {
    ...(env === undefined ? {} : { env: merged(settings?.env, env) }),
    ...(buildArgs === undefined ? {} : { buildArgs: merged(strategy.dockerStrategy?.buildArgs, buildArgs) }),
    ...(noCache === undefined ? {} : { noCache }),
    ...(incremental === undefined ? {} : { incremental }),
  };
  return Object.keys(asked).length === 0 ? strategy : { ...strategy, [field]: { ...settings, ...asked } };
}

/** The given ones stand for those of the same name. */
function merged(present: readonly EnvVar[] = [], given: readonly EnvVar[]): EnvVar[] {
  const names = new Set(given.map(({ name }) => name));
  return [...present.filter(({ name }) => !names.has(name)), ...given];
}
