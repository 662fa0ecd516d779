/** From the source of a build to a plan: what is in it, and how the Build's strategy has it built. */

import { messageOf } from "../../lib/errors.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { prepareBuildpacks } from "./buildpacks/prepare-buildpacks.ts";
import { dockerfileOf, prepareDockerfile, wantedOf } from "./build-wishes.ts";
import { cacheIdOf } from "./caches.ts";
import { isRead, planLanguage, recognise } from "./detect.ts";
import { BuildFailure } from "./failure.ts";
import type { Language } from "./languages/language.ts";
import { readyPlatform, type ReadyPlatform } from "./ready-platform.ts";
import { prepareS2i } from "./s2i/prepare-s2i.ts";
import { readSourceTree, type SourceTree } from "./source-tree.ts";
import type { Prepared, Work } from "./work.ts";

/** In the store of sources. Throws a BuildFailure for a source that cannot be built. */
export function sourceId(build: Build): string {
  const id = build.spec.source?.binary?.asFile;
  if (id !== undefined) return id;
  const type = build.spec.source?.type ?? "None";
  throw new BuildFailure(
    "FetchSourceFailed",
    `spec.source.binary.asFile is missing: a source of type ${type} cannot be built; push with git, or use \`nagi deploy --dir\``,
  );
}

function goneText({ spec }: Build): string {
  const { commit } = spec.revision?.git ?? {};
  if (commit === undefined) return "the source is no longer there: send it again";
  const why =
    "its branch was pushed anew since (force push) or deleted, and what was kept of the source has gone";
  return `commit ${commit.slice(0, 7)} is no longer there: ${why}. Push it again, or build what is newest: nagi builds`;
}

export async function readTree({ build, options }: Work): Promise<SourceTree> {
  const id = sourceId(build);
  if (!(await options.sources.has(id)) && (await options.restoreSource?.(build)) !== true) {
    throw new BuildFailure("FetchSourceFailed", goneText(build));
  }
  try {
    const { dockerfilePath } = dockerfileOf(build);
    return await readSourceTree(options.sources.open(id), {
      contextDir: build.spec.source?.contextDir,
      reads: (path) => path === dockerfilePath || isRead(path),
    });
  } catch (error) {
    throw new BuildFailure("FetchSourceFailed", messageOf(error), { cause: error });
  }
}

export async function prepare(work: Work, tree: SourceTree): Promise<Prepared> {
  const { build } = work;
  const { strategy, source } = build.spec;
  if (strategy.sourceStrategy !== undefined) return await prepareS2i(work, tree, strategy.sourceStrategy);
  if (strategy.type === "Source" || strategy.type === "Custom" || strategy.type === "JenkinsPipeline") {
    const message = `spec.strategy.type ${strategy.type} is not supported: use Docker, Source, or Nagi to have it found out`;
    throw new BuildFailure("UnsupportedStrategy", message);
  }
  const named = await namedPlatform(work);
  const seen = withInlineDockerfile(tree, source?.dockerfile);
  const isDockerfile = strategy.type === "Docker" || source?.dockerfile !== undefined;
  const recognised = recognise(seen, { ...wantedOf(build, named), isDockerfile });
  if (!recognised.ok) throw new BuildFailure("CannotDetect", recognised.message);
  if ("buildpacks" in recognised) return await prepareBuildpacks(work, recognised, named);
  if (recognised.plan !== undefined) return await prepareDockerfile(work, recognised.plan, seen);
  if (strategy.type === "Docker") throw noDockerfile();
  return await prepareLanguage(work, { ...recognised, tree: seen, named });
}

function noDockerfile(): BuildFailure {
  const looked = "looked for Containerfile and Dockerfile in the root of the source";
  const advice =
    "name another with spec.strategy.dockerStrategy.dockerfilePath, or let Nagi find out how to build it: nagiStrategy";
  return new BuildFailure("CannotDetect", `the source has no Dockerfile: ${looked}; ${advice}`);
}

interface LanguageApp {
  readonly language: Language;
  readonly note?: string | undefined;
  readonly tree: SourceTree;
  readonly named: ReadyPlatform | undefined;
}

async function prepareLanguage(work: Work, { language, note, tree, named }: LanguageApp): Promise<Prepared> {
  if (note !== undefined) work.log.line(`-----> ${note}`);
  const platform = named ?? (await readyPlatform(language.platform ?? language.name, work));
  const { image: base, versions } = platform;
  const detection = planLanguage(language, tree, versions);
  if (!detection.ok) throw new BuildFailure("CannotDetect", detection.message);
  const { plan } = detection;
  const runtime = plan.runtime === undefined ? base : (await readyPlatform(plan.runtime, work)).image;
  const containerfile = plan.containerfile?.({ base, runtime, cacheId: cacheIdOf(work.build) });
  return { plan, containerfile, platform };
}

/** The platform that the build names; it says how the source is built, too. */
async function namedPlatform(work: Work): Promise<ReadyPlatform | undefined> {
  const wanted = work.build.spec.strategy.nagiStrategy?.platform;
  if (wanted === undefined) return undefined;
  const ready = await readyPlatform(wanted, work);
  if (await work.options.engine.hasImage(ready.image)) return ready;
  const message = `the image of platform ${wanted} is no longer in the container engine: choose another version, see \`nagi platforms info ${ready.name}\``;
  throw new BuildFailure("PlatformNotReady", message);
}

/** A Dockerfile in the Build itself stands for the source's own. */
function withInlineDockerfile(tree: SourceTree, text: string | undefined): SourceTree {
  if (text === undefined) return tree;
  return {
    paths: new Set(["Dockerfile"]),
    text: (path) => (path === "Dockerfile" ? text : tree.text(path)),
  };
}
