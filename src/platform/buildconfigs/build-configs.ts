/**
 * Keeps build configurations: makes the builds that their triggers want, lets builds run as the run policy says, and
 * forgets old ones. It works on objects alone; whoever runs builds (platform/builds) takes those of a configuration
 * once they are Pending.
 *
 * What must stay true, whenever it is killed: one cause makes one build. A build bears the next number of its
 * configuration as its name, so that two attempts meet; it notes the images that its triggers' tags named, and the
 * configuration's status is first brought up to the builds that there are.
 */

import type { Client } from "../../client/client.ts";
import { runController, type Reconciled } from "../../client/controller.ts";
import { EventRecorder } from "../../client/event-recorder.ts";
import { Informer } from "../../client/informer.ts";
import { buildMaker, nextNumber, readStreams, record } from "../../client/start-build.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { build as buildKind, type Build, type BuildStatus } from "../../model/kinds/build/build/build.ts";
import { buildConfig, type BuildConfig } from "../../model/kinds/build/buildconfig/buildconfig.ts";
import { outputTagKey, streamKeysOf } from "../../model/kinds/build/config-images.ts";
import { configLabel, policyLabel, type TriggerCause } from "../../model/kinds/build/new-build.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { keyOf, refFromKey, refOf, type KubeObject, type ObjectRef } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { plannedPrunes } from "./plan-history.ts";
import { planRuns } from "./plan-runs.ts";
import { plannedCauses, triggerLoop } from "./plan-trigger.ts";

const workers = 2;
/** Somebody else took the number. */
const retryMs = 100;

export interface BuildConfigsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Work extends BuildConfigsOptions {
  readonly configs: Informer<BuildConfig>;
  readonly streams: Informer<ImageStream>;
  readonly events: EventRecorder;
}

export async function runBuildConfigs(options: BuildConfigsOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, log } = options;
  const given = { client, clock, log };
  const configs = new Informer<BuildConfig>({ ...given, kind: buildConfig, indexers: { stream: streamsOf } });
  const streams = new Informer<ImageStream>({ ...given, kind: imageStream });
  const events = new EventRecorder({ ...given, component: "buildconfig-controller" });
  const work: Work = { ...options, configs, streams, events };
  const keyOfObject = (object: KubeObject): string[] => [keyOf(refOf(object))];
  const keysOfStream = (stream: KubeObject): string[] =>
    configs.byIndex("stream", keyOf(refOf(stream))).map((each) => keyOf(refOf(each)));
  const following = [configs.run(signal), streams.run(signal)];
  await runController(
    {
      name: "build-configs",
      client,
      watches: [
        { informer: configs, keysOf: keyOfObject },
        { informer: streams, keysOf: keysOfStream },
        { kind: buildKind, labelSelector: configLabel, keysOf: configKeys },
      ],
      reconcile: (key) => reconcile(work, refFromKey(key)),
      workers,
      clock,
      log,
    },
    signal,
  );
  await Promise.all(following);
}

/** Streams that the configuration's builds come from or go to. */
function streamsOf(config: BuildConfig): string[] {
  const output = outputTagKey(config)?.split(":")[0];
  return output === undefined ? streamKeysOf(config) : [...new Set([...streamKeysOf(config), output])];
}

function configKeys({ metadata }: KubeObject): string[] {
  return [`${metadata.namespace}/${metadata.labels?.[configLabel]}`];
}

async function reconcile(work: Work, ref: ObjectRef): Promise<Reconciled | undefined> {
  const config = await currentConfig(work.client, ref);
  if (config !== undefined && (await trigger(work, config)) === "again") return { requeueAfterMs: retryMs };
  const { items: builds } = await work.client.list(buildKind, {
    namespace: ref.namespace,
    labelSelector: `${configLabel}=${ref.name}`,
  });
  await letRun(work, ref, builds);
  if (config !== undefined) await prune(work, config, builds);
  return undefined;
}

/** With all its builds recorded. Undefined when it is gone or on its way out. */
async function currentConfig(client: Client, ref: ObjectRef): Promise<BuildConfig | undefined> {
  try {
    const config = await record(client, ref);
    return config.metadata.deletionTimestamp === undefined ? config : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function trigger(work: Work, config: BuildConfig): Promise<"done" | "again"> {
  const { client, events, configs, streams } = work;
  if (plannedCauses(config, (key) => streams.get(key)).length === 0) return "done";
  // What the cache says may be older than what the status has recorded.
  const streamOf = await readStreams(client, config);
  const causes = plannedCauses(config, streamOf);
  if (causes.length === 0) return "done";
  const loop = causes.some(byImage) ? triggerLoop(config, configs.list()) : undefined;
  if (loop !== undefined) {
    const message = `builds of ${loop.join(", of ")} would start each other without end: pause one of their ImageChange triggers, or let it follow another tag`;
    events.event(config, "Warning", "BuildConfigTriggerLoop", message);
    return "done";
  }
  try {
    const make = buildMaker(config, { causes }, streamOf);
    const { items } = await client.list(buildKind, { namespace: config.metadata.namespace });
    await client.create(buildKind, make(nextNumber(config, items)));
    await record(client, refOf(config));
    return "done";
  } catch (error) {
    if (isStatus(error, "AlreadyExists")) return "again";
    if (!isStatus(error, "BadRequest", "Invalid")) throw error;
    // For the user to mend; what is mended wakes the configuration.
    events.event(config, "Warning", "BuildConfigInstantiateFailed", error.message);
    return "done";
  }
}

function byImage({ imageChangeBuild }: TriggerCause): boolean {
  return imageChangeBuild !== undefined;
}

async function letRun({ client }: Work, ref: ObjectRef, builds: readonly Build[]): Promise<void> {
  const held = builds.filter(
    ({ metadata, status }) =>
      (status?.phase ?? "New") !== "New" || metadata.labels?.[policyLabel] !== undefined,
  );
  const { start, supersede } = planRuns(held);
  for (const { build, by } of supersede) {
    const message = `Build ${by} came after it; spec.runPolicy of ${ref.name} is SerialLatestOnly.`;
    await writeStatus(client, build, { ...build.status, cancelled: true, message });
  }
  const config = { kind: "BuildConfig", namespace: ref.namespace, name: ref.name };
  for (const build of start) await writeStatus(client, build, { ...build.status, phase: "Pending", config });
}

/** Only onto what has been read: a conflict brings the key back. */
async function writeStatus(client: Client, build: Build, status: BuildStatus): Promise<void> {
  try {
    await client.update(buildKind, { ...build, status }, { subresource: "status" });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function prune(
  { client, streams, log }: Work,
  config: BuildConfig,
  builds: readonly Build[],
): Promise<void> {
  for (const { metadata } of plannedPrunes(config, builds, (key) => streams.get(key))) {
    const { namespace, name = "", uid } = metadata;
    log.debug("forgetting an old build", { build: name });
    await client
      .delete(buildKind, { namespace, name }, { preconditions: { uid } })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
}
