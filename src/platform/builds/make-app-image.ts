/** Has the engine build the image of a plan: its steps' output goes to the log, and what failed is explained. */

import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import type { ImageDetails } from "../../lib/container-engine/engine-types.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { buildCpuShares, ranOutOfMemory } from "./build-cgroup.ts";
import { buildContext, containerfilePath, secretPath } from "./build-context.ts";
import { readBuildSecrets } from "./build-secrets.ts";
import { buildArgs, isWithoutCache } from "./build-wishes.ts";
import { platformPort } from "./containerfile.ts";
import { BuildFailure, explainEngineFailure, type FailureReason } from "./failure.ts";
import { secretsOf } from "./host-config.ts";
import { masker } from "./masked-log.ts";
import type { BuildPlan } from "./plan.ts";
import { sourceId } from "./prepare-build.ts";
import { ProgressText, seconds } from "./progress-text.ts";
import type { ReadyPlatform } from "./ready-platform.ts";
import { ownLimits, tellIsolation } from "./step-limits.ts";
import type { Prepared, Work } from "./work.ts";

export interface Made {
  /** That the image says it listens on. */
  readonly port: number | undefined;
  readonly processes: BuildPlan["processes"];
}

/** Throws a BuildFailure, or whatever the signal was aborted with. What others on the machine broke is tried once more. */
export async function makeImage(work: Work, prepared: Prepared, image: string): Promise<Made> {
  return await onceMore(work, () => buildImage(work, prepared, image));
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

async function buildImage(work: Work, prepared: Prepared, image: string): Promise<Made> {
  const { options, log } = work;
  const { plan, finish } = prepared;
  const { engine, clock } = options;
  const startMs = clock.now();
  const text = await runSteps(work, prepared, image);
  const cached = text.cached === 0 ? "" : `, ${text.cached} of ${text.steps} steps from the cache`;
  const processes = (await finish?.(image, text.told)) ?? plan.processes;
  log.line(`       built in ${seconds(clock.now() - startMs)}${cached}`);
  const isOwnPort = plan.containerfile === undefined || plan.ownPort === true;
  return { processes, port: isOwnPort ? exposedPort(await engine.recentImage(image)) : platformPort };
}

/** What the steps said; the image is made then. */
async function runSteps(work: Work, prepared: Prepared, image: string): Promise<ProgressText> {
  const { build, options, log, signal } = work;
  const { plan, written, platform } = prepared;
  const host = await options.host();
  const [isolation, limits, own, hostSecrets] = await Promise.all([
    plan.runsSteps ? options.network?.prepare(host, build.metadata.uid ?? "") : undefined,
    ownLimits(build, options),
    ownSecrets(work),
    secretsOf(host, suiteOf(platform)),
  ]);
  const secrets = { ...own, ...hostSecrets, ...plan.secrets };
  const mask = masker(Object.values(own));
  const text = new ProgressText((line) => log.write(mask(line)), {
    clock: options.clock,
    ownSteps: plan.dockerfilePath !== undefined,
    headings: plan.writesHeadings,
    written,
  });
  log.line("-----> Build");
  if (isolation !== undefined) tellIsolation(work, isolation);
  const contexts = new Contexts(work, prepared, secrets);
  try {
    const steps = options.engine.buildImage(() => contexts.open(), {
      ...limits,
      tags: [image],
      dockerfile: plan.dockerfilePath ?? containerfilePath,
      buildArgs: { ...host.proxies, ...buildArgs(build) },
      // Without steps to reuse, one commit for all of them is quicker.
      layers: plan.runsSteps && plan.isOneLayer !== true,
      noCache: isWithoutCache(build),
      cpuShares: buildCpuShares,
      network: isolation?.network,
      labels: imageLabels(build),
      secrets: Object.fromEntries(Object.keys(secrets).map((id) => [id, secretPath(id)])),
      signal,
    });
    for await (const step of steps) text.take(step);
  } catch (error) {
    text.end();
    signal.throwIfAborted();
    if (!isEngineError(error)) throw error;
    const memory = `${Math.round(limits.memoryBytes / 1024 ** 2)} MiB`;
    const complaint = { text: mask(error.message), output: text.tail.map(mask) };
    const ranOut = await ranOutOfMemory(options.engine, build.metadata.uid ?? "");
    throw explainEngineFailure({ ...complaint, memory, ranOut, signs: plan.failureSigns });
  } finally {
    contexts.destroy();
  }
  text.end();
  return text;
}

/** What the engine is sent: opened anew when it begins anew. */
class Contexts {
  readonly #work: Work;
  readonly #prepared: Prepared;
  readonly #secrets: Readonly<Record<string, string>>;
  readonly #opened: { destroy(): void }[] = [];

  constructor(work: Work, prepared: Prepared, secrets: Readonly<Record<string, string>>) {
    this.#work = work;
    this.#prepared = prepared;
    this.#secrets = secrets;
  }

  open(): AsyncIterable<Uint8Array> {
    const { build, options } = this.#work;
    const { plan, containerfile } = this.#prepared;
    const context = buildContext({
      source: options.sources.open(sourceId(build)),
      contextDir: build.spec.source?.contextDir ?? "",
      plan,
      containerfile,
      secrets: this.#secrets,
    });
    this.#opened.push(context);
    return context;
  }

  destroy(): void {
    for (const context of this.#opened) context.destroy();
  }
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
