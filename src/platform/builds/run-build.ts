/**
 * One build from its source to an image in the registry. It writes the log and says what became of it; the
 * Build object is the controller's.
 *
 * What must stay true: a build that did not reach its end leaves no tag behind; nothing of the host's
 * configuration is in the image; memory, CPU and time are bounded.
 */

import { sleep } from "../../lib/clock.ts";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import type { ImageDetails } from "../../lib/container-engine/engine-types.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Build, BuildStatus } from "../../model/kinds/build/build/build.ts";
import { byteValue, milliValue } from "../../model/quantity.ts";
import { buildContext, containerfilePath, secretPath } from "./build-context.ts";
import { prepareBuildpacks } from "./buildpacks/prepare-buildpacks.ts";
import { buildCgroup, buildCpuShares, makeLight, ranOutOfMemory } from "./build-cgroup.ts";
import { cacheIdOf } from "./caches.ts";
import type { BuildLog } from "./build-log.ts";
import { platformPort } from "./containerfile.ts";
import { buildArgs, dockerfileOf, isWithoutCache, prepareDockerfile, wantedOf } from "./build-wishes.ts";
import { isRead, planLanguage, recognise } from "./detect.ts";
import { readBuildSecrets } from "./build-secrets.ts";
import { masker } from "./masked-log.ts";
import { BuildFailure, explainEngineFailure, type FailureReason } from "./failure.ts";
import { secretsOf, type HostConfig } from "./host-config.ts";
import { withCustomOutput, type CustomOptions } from "./inputs/custom-strategy.ts";
import { withInputs } from "./inputs/with-inputs.ts";
import type { Language } from "./languages/language.ts";
import type { Isolation } from "./network/build-network.ts";
import type { BuildPlan } from "./plan.ts";
import { prepareS2i } from "./s2i/prepare-s2i.ts";
import { readyPlatform, type ReadyPlatform } from "./ready-platform.ts";
import { readWanted } from "./wanted-by-source.ts";
import { withFetchedSource } from "./git-source.ts";
import { runPostCommit } from "./post-commit.ts";
import { pushElsewhere } from "./push-elsewhere.ts";
import { pushImage } from "./push-image.ts";
import { ProgressText, seconds } from "./progress-text.ts";
import { readSourceTree, type SourceTree } from "./source-tree.ts";
import type { BuildLimits, Prepared, RegistryTarget, RunBuildOptions, Work } from "./work.ts";

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
    const ready = await withCustomOutput(inputs.build, await customOptions(build, options, log, signal));
    return await buildReady({ build: ready, options, log, signal, stages: [] });
  } finally {
    await forget();
    await inputs.dispose();
  }
}

async function customOptions(
  build: Build,
  options: RunBuildOptions,
  log: BuildLog,
  signal: AbortSignal,
): Promise<CustomOptions> {
  const { ulimits, registry } = options;
  const isCustom = build.spec.strategy.type === "Custom";
  const network = isCustom ? await isolatedNetwork({ options, log }, await options.host()) : undefined;
  const cgroup = await cgroupOf(build, options);
  const limits = { ...limitsOf(build, options.limits), ulimits, cgroup, network };
  const tell = (line: string): void => log.line(line);
  return { ...options, log, signal, tell, limits, image: imageReference(build, registry) };
}

async function cgroupOf({ metadata }: Build, { engine }: RunBuildOptions): Promise<string | undefined> {
  return await buildCgroup(engine, metadata.uid ?? "");
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
  const { port, processes } = await stage(work, "Build", () =>
    onceMore(work, () => makeImage(work, prepared, image)),
  );
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

/**
 * The engine's images are the machine's: another platform may remove one while a build stands on it. And Podman ends a
 * step when the thread that began it ends, which making a network for a container does now and then.
 */
const worthAgain: Partial<Record<FailureReason, string>> = {
  ImageStoreChanged: "An image that the build stands on was removed while it ran",
  StepKilled: "A step was killed, and not for its memory",
};

async function onceMore<T>({ log, signal }: Work, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const why = error instanceof BuildFailure ? worthAgain[error.reason] : undefined;
    if (why === undefined || signal.aborted) throw error;
    log.line(`       ${why}: it is built once more`);
    return await task();
  }
}

async function imageSizeText(image: string, { engine }: RunBuildOptions): Promise<string> {
  const { Size: bytes } = await engine.recentImage(image);
  return bytes === undefined ? "" : `, ${Math.round(bytes / 1024 ** 2)} MiB`;
}

async function testImage(work: Work, image: string): Promise<void> {
  const { build, options, log, signal } = work;
  const { engine, clock, ulimits } = options;
  const network = await isolatedNetwork(work, await options.host());
  const cgroup = await cgroupOf(build, options);
  const limits = { ...limitsOf(build, options.limits), ulimits, cgroup, network };
  await runPostCommit(build, image, { engine, clock, log, signal, limits });
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

function sourceId(build: Build): string {
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

async function readTree({ build, options }: Work): Promise<SourceTree> {
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

async function prepare(work: Work, tree: SourceTree): Promise<Prepared> {
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

interface Made {
  /** That the image says it listens on. */
  readonly port: number | undefined;
  readonly processes: BuildPlan["processes"];
}

async function makeImage(
  work: Work,
  { plan, containerfile, written, platform, finish }: Prepared,
  image: string,
): Promise<Made> {
  const { build, options, log, signal } = work;
  const { engine, clock } = options;
  const startMs = clock.now();
  const host = await options.host();
  const [isolation, cgroup, own, hostSecrets] = await Promise.all([
    plan.runsSteps ? options.network?.prepare(host) : undefined,
    cgroupOf(build, options),
    ownSecrets(work),
    secretsOf(host, suiteOf(platform)),
  ]);
  const secrets = { ...own, ...hostSecrets, ...plan.secrets };
  const mask = masker(Object.values(own));
  const contexts: { destroy(): void }[] = [];
  const openContext = (): AsyncIterable<Uint8Array> => {
    const source = options.sources.open(sourceId(build));
    const contextDir = build.spec.source?.contextDir ?? "";
    const context = buildContext({ source, contextDir, plan, containerfile, secrets });
    contexts.push(context);
    return context;
  };
  const { memoryBytes, cpus } = limitsOf(build, options.limits);
  const text = new ProgressText((line) => log.write(mask(line)), {
    clock,
    ownSteps: plan.dockerfilePath !== undefined,
    headings: plan.writesHeadings,
    written,
  });
  log.line("-----> Build");
  if (isolation !== undefined) tellIsolation(work, isolation);
  try {
    const steps = engine.buildImage(openContext, {
      tags: [image],
      dockerfile: plan.dockerfilePath ?? containerfilePath,
      buildArgs: { ...host.proxies, ...buildArgs(build) },
      // Without steps to reuse, one commit for all of them is quicker.
      layers: plan.runsSteps && plan.isOneLayer !== true,
      noCache: isWithoutCache(build),
      memoryBytes,
      cpus,
      cpuShares: buildCpuShares,
      ulimits: options.ulimits,
      network: isolation?.network,
      cgroup,
      labels: imageLabels(build),
      secrets: Object.fromEntries(Object.keys(secrets).map((id) => [id, secretPath(id)])),
      signal,
    });
    for await (const step of steps) text.take(step);
  } catch (error) {
    text.end();
    signal.throwIfAborted();
    if (!isEngineError(error)) throw error;
    const memory = `${Math.round(memoryBytes / 1024 ** 2)} MiB`;
    const complaint = { text: mask(error.message), output: text.tail.map(mask) };
    const ranOut = await ranOutOfMemory(engine, build.metadata.uid ?? "");
    throw explainEngineFailure({ ...complaint, memory, ranOut, signs: plan.failureSigns });
  } finally {
    for (const context of contexts) context.destroy();
  }
  text.end();
  const cached = text.cached === 0 ? "" : `, ${text.cached} of ${text.steps} steps from the cache`;
  const processes = (await finish?.(image, text.told)) ?? plan.processes;
  log.line(`       built in ${seconds(clock.now() - startMs)}${cached}`);
  const isOwnPort = plan.containerfile === undefined || plan.ownPort === true;
  return { processes, port: isOwnPort ? exposedPort(await engine.recentImage(image)) : platformPort };
}

async function ownSecrets({ build, options }: Work): Promise<Record<string, string>> {
  const { namespace = "default" } = build.metadata;
  const { dockerfile } = build.spec.strategy.nagiStrategy ?? {};
  return await readBuildSecrets(dockerfile?.secrets ?? [], namespace, options.client);
}

/** Debian release that the steps run on, where it is known. */
function suiteOf(platform: ReadyPlatform | undefined): string | undefined {
  return platform?.versions["debian"];
}

async function isolatedNetwork(
  work: Pick<Work, "options" | "log">,
  host: HostConfig,
): Promise<string | undefined> {
  const isolation = await work.options.network?.prepare(host);
  if (isolation !== undefined) tellIsolation(work, isolation);
  return isolation?.network;
}

/** Where steps cannot be kept from this machine's services, the log says why. */
function tellIsolation({ log }: Pick<Work, "log">, isolation: Isolation): void {
  if (isolation.network !== undefined) return;
  log.line(`       This build can reach services of this machine: ${isolation.problem}.`);
}

function limitsOf(
  build: Build,
  limits: BuildLimits,
): { readonly memoryBytes: number; readonly cpus: number } {
  const asked = build.spec.resources?.limits ?? {};
  return {
    memoryBytes: asked["memory"] === undefined ? limits.memoryBytes : byteValue(asked["memory"]),
    cpus: asked["cpu"] === undefined ? limits.cpus : milliValue(asked["cpu"]) / 1000,
  };
}

function imageLabels({ spec }: Build): Record<string, string> | undefined {
  const labels = (spec.output?.imageLabels ?? []).map(({ name, value }) => [name, value ?? ""] as const);
  return labels.length === 0 ? undefined : Object.fromEntries(labels);
}

/** The lowest TCP port that the image exposes. */
function exposedPort(details: ImageDetails): number | undefined {
  const ports = Object.keys(details.Config.ExposedPorts ?? {})
    .filter((port) => !port.endsWith("/udp"))
    .map((port) => Number.parseInt(port, 10))
    .filter((port) => port > 0);
  return ports.length === 0 ? undefined : Math.min(...ports);
}
