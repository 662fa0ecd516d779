/** The BuildConfig that `nagi new-build` makes of its arguments. Pure. */

import { newObject } from "../../model/kind.ts";
import { buildConfig, type BuildConfig } from "../../model/kinds/build/buildconfig/buildconfig.ts";
import type { BuildSource } from "../../model/kinds/build/build-source.ts";
import type { EnvVar } from "../../model/kinds/core/pod/container.ts";
import { UsageError } from "../command.ts";

export const strategies = ["nagi", "docker", "source", "custom"] as const;
export type StrategyName = (typeof strategies)[number];

export type GivenSource =
  | { readonly kind: "git"; readonly uri: string; readonly ref: string | undefined }
  | { readonly kind: "dir"; readonly path: string }
  | { readonly kind: "dockerfile"; readonly text: string };

export interface NewBuildWish {
  readonly namespace: string;
  readonly name: string;
  readonly source: GivenSource;
  readonly strategy: StrategyName;
  /** The image to build on or with. */
  readonly image?: string | undefined;
  /** Whether the image is a tag of a stream there is. */
  readonly imageIsTag: boolean;
  readonly to?: string | undefined;
  readonly contextDir?: string | undefined;
  readonly env: readonly EnvVar[];
  readonly buildArgs: readonly EnvVar[];
}

export function plannedConfig(wish: NewBuildWish): BuildConfig {
  const { namespace, name, source, strategy, contextDir } = wish;
  checkFit(wish);
  const first: Triggers = source.kind === "dir" ? [] : [{ type: "ConfigChange" }];
  const follows: Triggers = wish.imageIsTag ? [{ type: "ImageChange", imageChange: {} }] : [];
  return newObject<BuildConfig>(
    buildConfig,
    { namespace, name },
    {
      spec: {
        source: { ...sourceOf(source), ...(contextDir === undefined ? {} : { contextDir }) },
        strategy: strategyOf(wish, strategy),
        output: { to: { kind: "ImageStreamTag", name: wish.to ?? `${name}:latest` } },
        triggers: [...first, ...follows],
      },
    },
  );
}

type Triggers = NonNullable<BuildConfig["spec"]["triggers"]>;

function checkFit({ source, strategy, image, buildArgs, contextDir }: NewBuildWish): void {
  if ((strategy === "source" || strategy === "custom") && image === undefined)
    throw new UsageError(`a ${strategy} build needs its builder: --image IMAGE`);
  if (image !== undefined && strategy === "nagi")
    throw new UsageError("--image is of docker, source and custom builds", "Say which: --strategy docker");
  if (buildArgs.length > 0 && strategy !== "docker")
    throw new UsageError(`--build-arg is of docker builds, and this is a ${strategy} build`);
  if (source.kind !== "dockerfile") return;
  if (strategy !== "docker") throw new UsageError(`a Dockerfile is built by docker, not by ${strategy}`);
  if (contextDir !== undefined)
    throw new UsageError("--context-dir is of a source, and there is only a Dockerfile");
}

function sourceOf(source: GivenSource): BuildSource {
  if (source.kind === "dir") return { binary: {} };
  if (source.kind === "dockerfile") return { dockerfile: source.text };
  return { git: source.ref === undefined ? { uri: source.uri } : { uri: source.uri, ref: source.ref } };
}

function strategyOf(wish: NewBuildWish, strategy: StrategyName): BuildConfig["spec"]["strategy"] {
  const env = wish.env.length === 0 ? {} : { env: [...wish.env] };
  const { image = "" } = wish;
  const from = { kind: wish.imageIsTag ? "ImageStreamTag" : "DockerImage", name: image };
  const buildArgs = wish.buildArgs.length === 0 ? {} : { buildArgs: [...wish.buildArgs] };
  switch (strategy) {
    case "nagi":
      return { nagiStrategy: env };
    case "docker":
      return { dockerStrategy: { ...(wish.image === undefined ? {} : { from }), ...env, ...buildArgs } };
    case "source":
      return { sourceStrategy: { from, ...env } };
    case "custom":
      return { customStrategy: { from, ...env } };
  }
}

/** A name for what a URL, a path or a Dockerfile names; "" when nothing does. */
export function nameOfSource(source: GivenSource): string {
  const named =
    source.kind === "git"
      ? source.uri.replace(/\/+$/, "")
      : source.kind === "dir"
        ? source.path
        : (/^\s*FROM\s+(?:--\S+\s+)*([^\s@]+)/im.exec(source.text)?.[1] ?? "").replace(/:[^/]*$/, "");
  const last = named.split(/[/:]/).at(-1) ?? "";
  return last
    .replace(/\.git$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
}
