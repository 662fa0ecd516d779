/** What a build wishes of how its source is built, beside what is found out. Pure. */

import type { Build } from "../../model/kinds/build/build/build.ts";
import type { Wanted } from "./detect.ts";
import { buildpacksPlatform } from "./buildpacks/plan-buildpacks.ts";
import { DockerfileProblem } from "../../lib/dockerfile/instructions.ts";
import { cacheIdOf } from "./caches.ts";
import { prepareImages } from "./dockerfile/base-images.ts";
import { checkDockerfile } from "./dockerfile/dockerfile-text.ts";
import { fetchAdded } from "./dockerfile/fetch-added.ts";
import { addedFilesOf, imagesOf, safeDockerfile } from "./dockerfile/safe-dockerfile.ts";
import { BuildFailure } from "./failure.ts";
import type { BuildPlan } from "./plan.ts";
import type { ReadyPlatform } from "./ready-platform.ts";
import { sourceTreeLimits, type SourceTree } from "./source-tree.ts";
import type { Prepared, Work } from "./work.ts";

/** What the build says of how its source is built. */
export function wantedOf(build: Build, named: ReadyPlatform | undefined): Wanted {
  const buildpacks = build.spec.strategy.nagiStrategy?.buildpacks?.map(({ url }) => url);
  return { ...wantedLanguage(build, named), buildpacks };
}

function wantedLanguage(build: Build, named: ReadyPlatform | undefined): Wanted {
  const { dockerfilePath } = dockerfileOf(build);
  const { language, dockerfile } = build.spec.strategy.nagiStrategy ?? {};
  if (language !== undefined) return { dockerfilePath, language, saidBy: "the app's language" };
  if (named?.language === buildpacksPlatform) {
    // Of use where the app or its source names buildpacks, which go first; else it is Debian with compilers.
    const saidBy = `platform ${named.name}, for an app that names no buildpacks (nagi buildpacks add),`;
    return { dockerfilePath, language: "procfile", saidBy };
  }
  if (named !== undefined)
    return { dockerfilePath, language: named.language, saidBy: `platform ${named.name}` };
  if (dockerfile === undefined || dockerfilePath !== undefined) return { dockerfilePath };
  return { language: "dockerfile", saidBy: "spec.source.dockerfile of the app" };
}

export function dockerfileOf(build: Build): { readonly dockerfilePath?: string | undefined } {
  const { nagiStrategy, dockerStrategy } = build.spec.strategy;
  return { dockerfilePath: dockerStrategy?.dockerfilePath ?? nagiStrategy?.dockerfile?.path };
}

/** A Dockerfile's plan and the text that is built, which stands on images that are there. */
export async function prepareDockerfile(work: Work, plan: BuildPlan, tree: SourceTree): Promise<Prepared> {
  const { build, options, log, signal } = work;
  const path = plan.dockerfilePath ?? "Dockerfile";
  const text = tree.text(path) ?? "";
  if (Buffer.byteLength(text) >= sourceTreeLimits.textBytes)
    throw new BuildFailure("DockerBuildFailed", `${path} is too large: it may have up to 1 MiB`);
  if (path.endsWith(".in"))
    throw new BuildFailure(
      "DockerBuildFailed",
      `${path} is a template for the C preprocessor, which builds do not run: give the file another name`,
    );
  const checked = checkedPlan(build, plan, tree);
  const host = await options.host();
  const { target } = build.spec.strategy.nagiStrategy?.dockerfile ?? {};
  const heredocs = await options.engine.knowsHeredocs();
  const input = { text, args: { ...host.proxies, ...buildArgs(build) }, target, heredocs };
  const tell = (line: string): void => log.line(line);
  try {
    const ids = await prepareImages(build, imagesOf(input), { ...options, tell, signal });
    const env = await variablesOf(ids, work);
    const fetched = await fetchAdded(work, addedFilesOf({ ...input, env }));
    try {
      const cacheId = cacheIdOf(build);
      const sourceId = build.spec.source?.binary?.asFile;
      const safe = safeDockerfile({ ...input, ids, env, added: fetched?.image, cacheId, sourceId });
      const { text: containerfile, written } = safe;
      return { plan: checked, containerfile, written, dispose: fetched?.dispose };
    } catch (error) {
      await fetched?.dispose();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof DockerfileProblem)) throw error;
    throw new BuildFailure("DockerBuildFailed", `${path}, ${error.message}`, { cause: error });
  }
}

/** What the images set, by their names. */
async function variablesOf(
  ids: ReadonlyMap<string, string>,
  { options }: Work,
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const found = await Promise.all(
    [...ids].map(async ([name, id]) => {
      const { Env = [] } = (await options.engine.inspectImage(id)).Config;
      const pairs = (Env ?? []).map(
        (each) => [each.split("=")[0] ?? "", each.replace(/^[^=]*=/, "")] as const,
      );
      return [name, Object.fromEntries(pairs)] as const;
    }),
  );
  return new Map(found);
}

/** With notes on what of the app's wishes does nothing. */
function checkedPlan(build: Build, plan: BuildPlan, tree: SourceTree): BuildPlan {
  const { target, args = [], secrets = [] } = build.spec.strategy.nagiStrategy?.dockerfile ?? {};
  const path = plan.dockerfilePath ?? "Dockerfile";
  const named = [...args, ...(build.spec.strategy.dockerStrategy?.buildArgs ?? [])];
  const checked = checkDockerfile(path, tree.text(path) ?? "", {
    target,
    args: named.map(({ name }) => name),
    secrets: secrets.map(({ id }) => id),
  });
  if (!checked.ok) throw new BuildFailure("DockerBuildFailed", checked.message);
  return { ...plan, notes: [...(plan.notes ?? []), ...checked.notes] };
}

export function isWithoutCache({ spec }: Build): boolean {
  const { dockerStrategy, nagiStrategy } = spec.strategy;
  return [dockerStrategy, nagiStrategy, nagiStrategy?.dockerfile].some((each) => each?.noCache === true);
}

export function buildArgs(build: Build): Record<string, string> {
  const { dockerStrategy, nagiStrategy } = build.spec.strategy;
  const pairs = [
    ...(nagiStrategy?.dockerfile?.args ?? []),
    ...(dockerStrategy?.buildArgs ?? []),
    ...(dockerStrategy?.env ?? []),
    ...(nagiStrategy?.env ?? []),
  ];
  return Object.fromEntries(pairs.map(({ name, value }) => [name, value ?? ""]));
}
