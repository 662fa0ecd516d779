/**
 * One build from its source to an image in the registry. It writes the log and says what became of it; the
 * Build object is the controller's.
 *
 * What must stay true: a build that did not reach its end leaves no tag behind; nothing of the host's
 * configuration is in the image; memory, CPU and time are bounded.
 */

import { sleep } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Build, BuildStatus } from "../../model/kinds/build/build/build.ts";
import { makeLight } from "./build-cgroup.ts";
import type { BuildLog } from "./build-log.ts";
import { withFetchedSource } from "./git-source.ts";
import { withCustomOutput, type CustomOptions } from "./inputs/custom-strategy.ts";
import { withInputs } from "./inputs/with-inputs.ts";
import { makeImage } from "./make-app-image.ts";
import { runPostCommit } from "./post-commit.ts";
import { prepare, readTree } from "./prepare-build.ts";
import { pushElsewhere } from "./push-elsewhere.ts";
import { pushImage } from "./push-image.ts";
import { ownLimits, stepLimits } from "./step-limits.ts";
import { readWanted } from "./wanted-by-source.ts";
import type { Prepared, RegistryTarget, RunBuildOptions, Work } from "./work.ts";

/** The deploy goes first: the push would take the processor and the engine's locks from it. */
const pushDelayMs = 1000;

/** What a successful build says in its status. */
export interface BuildResult {
  readonly status: Pick<
    BuildStatus,
    | "outputDockerImageReference"
    | "output"
    | "processes"
    | "launcher"
    | "port"
    | "detected"
    | "stages"
    | "manifest"
  >;
  /** The image's digest in the platform's registry, once it is there; undefined where it does not go there. */
  readonly digest: Promise<string> | undefined;
}

/** Throws a BuildFailure, or whatever the signal was aborted with. */
export async function runBuild(
  build: Build,
  options: RunBuildOptions,
  log: BuildLog,
  signal: AbortSignal,
): Promise<BuildResult> {
  const tell = (line: string): void => log.line(line);
  const { client, sources, env } = options;
  const host = await options.host();
  const fetched = await withFetchedSource(build, { client, sources, host, env, tell, signal });
  const inputs = await withInputs(fetched, { ...options, tell, signal });
  const forget = await makeLight(options.engine, build.metadata.uid ?? "");
  try {
    const ready = await withCustomOutput(inputs.build, await customOptions({ build, options, log, signal }));
    return await buildReady({ build: ready, options, log, signal, stages: [] });
  } finally {
    await options.network?.release(build.metadata.uid ?? "");
    await forget();
    await inputs.dispose();
  }
}

/** The network is needed by strategies with a builder of their own only. */
async function customOptions(work: Omit<Work, "stages">): Promise<CustomOptions> {
  const { build, options, log, signal } = work;
  const isCustom = build.spec.strategy.type === "Custom";
  const limits = isCustom ? await stepLimits(work) : await ownLimits(build, options);
  const tell = (line: string): void => log.line(line);
  return { ...options, log, signal, tell, limits, image: imageReference(build, options.registry) };
}

/** The build's source is in the store, with all that it asks for. */
async function buildReady(work: Work): Promise<BuildResult> {
  const { build, options, log } = work;
  const tree = await stage(work, "FetchInputs", () => readTree(work));
  const manifest = await readWanted(build, tree, { client: options.client, log });
  const prepared = await prepare(work, tree);
  try {
    return await buildPrepared(work, prepared, manifest);
  } finally {
    await prepared.dispose?.().catch((error: unknown) => {
      log.line(` !     What was made for this build only cannot be removed: ${messageOf(error)}`);
    });
  }
}

async function buildPrepared(
  work: Work,
  prepared: Prepared,
  manifest: BuildStatus["manifest"],
): Promise<BuildResult> {
  const { build, options, log } = work;
  const { plan, containerfile, platform } = prepared;
  log.line(`-----> ${plan.explanation}`);
  if (platform?.version !== undefined && build.spec.strategy.nagiStrategy?.platform !== undefined)
    log.line(`       on platform ${platform.name}:v${platform.version}, as the app says`);
  for (const note of plan.notes ?? []) log.line(`       ${note}`);
  const image = imageReference(build, options.registry);
  const { port, processes } = await stage(work, "Build", () => makeImage(work, prepared, image));
  if (build.spec.postCommit !== undefined) await stage(work, "PostCommit", () => testImage(work, image));
  log.line(`-----> Image ${image}${await imageSizeText(image, options)}`);
  const pushed = await pushOutput(work, image);
  return {
    status: {
      outputDockerImageReference: pushed.image,
      output: pushed.digest === undefined ? undefined : { to: { imageDigest: pushed.digest } },
      processes: { ...processes },
      launcher: plan.launcher === undefined ? undefined : [...plan.launcher],
      port,
      manifest,
      detected: {
        strategy: plan.strategy,
        explanation: plan.explanation,
        platform: platform?.name,
        platformVersion: platform?.version,
        runtimePlatform: plan.runtime,
        containerfile: plan.dockerfilePath === undefined ? containerfile : undefined,
      },
      stages: work.stages,
    },
    digest: pushed.later,
  };
}

interface Pushed {
  readonly image: string;
  readonly digest?: string;
  readonly later?: Promise<string>;
}

async function pushOutput(work: Work, image: string): Promise<Pushed> {
  const { build, options, log, signal } = work;
  const ownRegistry = options.registry.address;
  if (build.spec.output?.to?.kind === "DockerImage") {
    const given = { ...options, signal, tell: (line: string) => log.line(line) };
    return await stage(work, "PushImage", () => pushElsewhere(build, { image, ownRegistry }, given));
  }
  const later = sleep(options.clock, pushDelayMs).then(() => pushImage(image, options));
  // Who follows the push comes only after the build's end was written.
  later.catch(() => undefined);
  return { image, later };
}

async function imageSizeText(image: string, { engine }: RunBuildOptions): Promise<string> {
  const { Size: bytes } = await engine.recentImage(image);
  return bytes === undefined ? "" : `, ${Math.round(bytes / 1024 ** 2)} MiB`;
}

async function testImage(work: Work, image: string): Promise<void> {
  const { build, options, log, signal } = work;
  const { engine, clock } = options;
  await runPostCommit(build, image, { engine, clock, log, signal, limits: await stepLimits(work) });
}

/** `registry/namespace/stream:tag`; the tag is the build's own, so that what it names never changes. */
export function imageReference(build: Build, registry: RegistryTarget): string {
  const { namespace = "default", name = "", uid = "" } = build.metadata;
  const { kind, name: output } = build.spec.output?.to ?? {};
  const stream = kind === "DockerImage" ? name : ((output ?? name).split(":")[0] ?? name);
  return `${registry.address}/${namespace}/${stream}:${name}-${uid.slice(0, 8)}`;
}

async function stage<T>(work: Work, name: string, task: () => Promise<T>): Promise<T> {
  const { clock } = work.options;
  const startMs = clock.now();
  try {
    return await task();
  } finally {
    const startTime = new Date(startMs).toISOString();
    work.stages.push({ name, startTime, durationMilliseconds: clock.now() - startMs });
  }
}
