/**
 * Runs Build objects. Their phase says how far they are: New and Pending wait, Running is under way in this
 * process, the rest is the end. `status.cancelled`, OpenShift's field, stops a build.
 *
 * What must stay true: a build that says Complete has its image in the engine, and in the registry as soon as its
 * condition Pushed says so, which is seen to until it is (late-pushes.ts); an end is never taken back; a
 * build that was running when the platform died is marked as such, and what it left is removed; a build never
 * takes the machine down, for how many run and what each may use is bounded.
 */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { findObject } from "../../client/find-object.ts";
import type { Client } from "../../client/client.ts";
import { runController, type Reconciled } from "../../client/controller.ts";
import { EventRecorder } from "../../client/event-recorder.ts";
import type { LogSource } from "../../client/log-source.ts";
import type { HttpHandler } from "../../lib/http-handler.ts";
import { setCondition } from "../../model/conditions.ts";
import { isEnded } from "../../model/kinds/build/build-phases.ts";
import { build as buildKind, type Build, type BuildStatus } from "../../model/kinds/build/build/build.ts";
import { policyLabel } from "../../model/kinds/build/new-build.ts";
import { byteValue } from "../../model/quantity.ts";
import { keyOf, refFromKey, refOf } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isConflict, isNotFound } from "../../model/status.ts";
import { buildCgroup, endBuildSteps } from "./build-cgroup.ts";
import { failed, stopped, type Stop } from "./build-end.ts";
import { BuildLogs, type BuildLog } from "./build-log.ts";
import { BuildQueue } from "./build-queue.ts";
import { BuildSweep } from "./build-sweep.ts";
import { exceededDisk } from "./disk-watch.ts";
import { removeLeftovers } from "./leftovers.ts";
import { isPushDue, LatePushes, pushing } from "./late-pushes.ts";
import { SourcesHandler } from "./sources-handler.ts";
import { removeOldImages } from "./old-images.ts";
import { imageReference, runBuild } from "./run-build.ts";
import type { BuildsOptions } from "./work.ts";

const logMaxBytes = 16 * 1024 ** 2;
const snippetLines = 5;
const workers = 4;

export interface Builds {
  run(signal: AbortSignal): Promise<void>;
  /** Removes from the engine the images that nothing needs any more. */
  sweepImages(): Promise<void>;
  readonly logSource: LogSource;
  /** `POST /sources`. */
  readonly handler: HttpHandler;
}

export function createBuilds(options: BuildsOptions): Builds {
  const controller = new BuildController(options);
  const handler = new SourcesHandler(options);
  return {
    run: (signal) => controller.run(signal),
    sweepImages: () => removeOldImages(options),
    logSource: controller.logs,
    handler,
  };
}

interface Active {
  readonly build: Build;
  readonly aborter: AbortController;
  stop?: Stop | undefined;
  /** Of one that wrote more. */
  diskLimitBytes?: number | undefined;
  readonly done: Promise<void>;
  /** The digest, of a push that goes on after the build. */
  pushing?: Promise<string> | undefined;
}

class BuildController {
  readonly logs: BuildLogs;
  readonly #options: BuildsOptions;
  readonly #client: Client;
  readonly #queue: BuildQueue;
  readonly #active = new Map<string, Active>();
  readonly #events: EventRecorder;
  readonly #latePushes: LatePushes;
  readonly #sweep: BuildSweep;
  /** Uids of the builds that wait, by key: a build that is gone has no uid any more. */
  readonly #waiting = new Map<string, string>();

  constructor(options: BuildsOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#queue = new BuildQueue(options.maxConcurrent);
    this.#latePushes = new LatePushes(options);
    this.logs = new BuildLogs({ directory: options.dataDir, maxBytes: logMaxBytes });
    this.#sweep = new BuildSweep(options, this.logs);
    const { client, clock, log } = options;
    this.#events = new EventRecorder({ client, clock, log, component: "build-controller" });
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#sweep.removeFetched();
    const sweeping = this.#sweep.run(signal);
    await runController(
      {
        name: "builds",
        client: this.#client,
        watches: [{ kind: buildKind, keysOf: (object) => [keyOf(refOf(object))] }],
        reconcile: (key) => this.#reconcile(key, signal),
        workers,
        clock: this.#options.clock,
        log: this.#options.log,
      },
      signal,
    );
    for (const active of this.#active.values()) this.#stop(active, "shutdown");
    await Promise.all([...this.#active.values()].map(({ done }) => done));
    await sweeping;
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<Reconciled | undefined> {
    const active = this.#active.get(key);
    const found = await findObject(this.#client, buildKind, refFromKey(key));
    if (active !== undefined) {
      if (found === undefined || found.metadata.uid !== active.build.metadata.uid)
        this.#stop(active, "deleted");
      else if (found.status?.cancelled === true) this.#stop(active, "cancelled");
      return undefined;
    }
    if (found === undefined || isEnded(found)) {
      this.#queue.remove(key);
      const uid = this.#waiting.get(key);
      this.#waiting.delete(key);
      if (found === undefined) return await this.#removed(uid, signal);
      if (!isPushDue(found)) return undefined;
      return { requeueAfterMs: await this.#latePushes.resume(found) };
    }
    if (found.status?.cancelled === true) {
      this.#queue.remove(key);
      // Who cancels a build before its turn may say why.
      const { phase = "New", message } = found.status;
      const why = (phase === "New" ? message : undefined) ?? "The build was cancelled.";
      await this.#finishUnstarted(found, "Cancelled", "CancelledBuild", why);
    } else if (found.status?.phase === "Running") {
      await this.#interrupted(found);
    } else if (!waitsForConfig(found)) {
      await this.#enqueue(key, found, signal);
    }
    this.#startNext(signal);
    return undefined;
  }

  /** `uid`: of one that waited. */
  async #removed(uid: string | undefined, signal: AbortSignal): Promise<undefined> {
    this.#sweep.cachesSoon(signal);
    if (uid !== undefined) await this.logs.remove(uid);
  }

  async #enqueue(key: string, found: Build, signal: AbortSignal): Promise<void> {
    this.#waiting.set(key, found.metadata.uid ?? "");
    this.#queue.add({ key, group: groupOf(found) });
    this.#startNext(signal);
    const reason = this.#queue.reasonToWait(key);
    if (reason === undefined || found.status?.reason === "Queued") return;
    const message = `Waits for ${reason}.`;
    await this.#writeStatus(found, { phase: "Pending", reason: "Queued", message });
  }

  #startNext(signal: AbortSignal): void {
    for (let next = this.#queue.next(); next !== undefined; next = this.#queue.next()) {
      const { key } = next;
      this.#start(key, signal).catch((error: unknown) => {
        this.#options.log.error("cannot run a build", { build: key, error });
      });
    }
  }

  async #start(key: string, signal: AbortSignal): Promise<void> {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const aborter = new AbortController();
    try {
      const found = await this.#client.get(buildKind, refFromKey(key));
      const active: Active = { build: found, aborter, done };
      this.#active.set(key, active);
      this.#waiting.delete(key);
      if (found.status?.cancelled === true) this.#stop(active, "cancelled");
      if (signal.aborted) this.#stop(active, "shutdown");
      if (!isEnded(found)) await this.#runToEnd(active);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    } finally {
      this.#active.delete(key);
      this.#queue.remove(key);
      resolve();
      if (!signal.aborted) this.#startNext(signal);
    }
  }

  async #runToEnd(active: Active): Promise<void> {
    const { build } = active;
    const { clock, limits } = this.#options;
    const uid = build.metadata.uid ?? "";
    const log = await this.logs.start(uid);
    const startMs = clock.now();
    const deadlineMs = (build.spec.completionDeadlineSeconds ?? limits.deadlineSeconds) * 1000;
    const timer = clock.after(deadlineMs, () => this.#stop(active, "deadline"));
    const ended = new AbortController();
    this.#watchDisk(active, ended.signal).catch((error: unknown) => {
      this.#options.log.warn("cannot see what a build writes", { build: build.metadata.name, error });
    });
    const startTimestamp = new Date(startMs).toISOString();
    const config = build.status?.config;
    const running: BuildStatus = { phase: "Running", startTimestamp, config };
    let status: BuildStatus | undefined;
    try {
      // Not awaited before the work: whoever waits for the end sees only that, and the order is kept below.
      const told = this.#writeStatus(build, running).catch((error: unknown) => {
        this.#options.log.warn("cannot tell that a build runs", { build: build.metadata.name, error });
      });
      const result = await this.#outcome(active, log, deadlineMs);
      await told;
      status = result;
    } finally {
      timer.cancel();
      ended.abort();
      const completionMs = clock.now();
      const end = {
        startTimestamp,
        config,
        completionTimestamp: new Date(completionMs).toISOString(),
        duration: Math.round((completionMs - startMs) * 1e6),
      };
      // First the log: who follows it to its end finds the end in the status soon after.
      await this.logs.end(uid);
      if (status !== undefined) await this.#finish(active, { ...status, ...end });
    }
  }

  async #watchDisk(active: Active, signal: AbortSignal): Promise<void> {
    const { engine, clock, log } = this.#options;
    const { metadata, spec } = active.build;
    const cgroup = await buildCgroup(engine, metadata.uid ?? "");
    if (cgroup === undefined) return;
    const asked = spec.resources?.limits?.["ephemeral-storage"];
    const limitBytes = asked === undefined ? undefined : byteValue(asked);
    active.diskLimitBytes = await exceededDisk({ engine, cgroup, limitBytes, clock, log, signal });
    if (active.diskLimitBytes !== undefined) this.#stop(active, "disk");
  }

  /** Whatever happens, as the end that the build's status shall say. */
  async #outcome(active: Active, log: BuildLog, deadlineMs: number): Promise<BuildStatus> {
    try {
      const { status, digest } = await runBuild(active.build, this.#options, log, active.aborter.signal);
      const now = new Date(this.#options.clock.now()).toISOString();
      if (digest === undefined) return { phase: "Complete", ...status };
      active.pushing = digest;
      return { phase: "Complete", ...status, conditions: [...setCondition([], pushing, now)] };
    } catch (error) {
      const status =
        stopped(active.stop, { deadlineMs, diskLimitBytes: active.diskLimitBytes }) ?? failed(error);
      if (status.phase === "Error" && active.stop === undefined) {
        this.#options.log.error("a build ended with a fault", { build: active.build.metadata.name, error });
      }
      log.line("");
      log.line(` !     ${status.message}`);
      return status;
    }
  }

  async #finish(active: Active, status: BuildStatus): Promise<void> {
    const { build } = active;
    if (active.stop === "deleted") {
      await this.logs.remove(build.metadata.uid ?? "");
      await this.#removeImage(build);
      return;
    }
    const logSnippet =
      status.phase === "Complete" ? undefined : await this.logs.tail(build.metadata.uid ?? "", snippetLines);
    const written = this.#writeStatus(build, { ...status, logSnippet });
    // Known before the status is seen, so that nobody begins the push again.
    if (active.pushing !== undefined) {
      const digest = Promise.all([active.pushing, written]).then(([text]) => text);
      this.#latePushes.follow(build, digest);
    }
    await written;
    const complete = status.phase === "Complete";
    if (!complete) await this.#removeImage(build);
    const message = complete ? `Built ${status.outputDockerImageReference}` : (status.message ?? "");
    const reason = `Build${status.phase === "Complete" ? "Completed" : (status.phase ?? "Failed")}`;
    this.#events.event(build, complete ? "Normal" : "Warning", reason, message);
  }

  /** The platform died while it ran: who pushed is gone too, so it is not run again by itself. */
  async #interrupted(found: Build): Promise<void> {
    this.#endSteps(found);
    await this.#removeImage(found);
    await removeLeftovers(found, this.#options);
    const message = "The platform stopped while the build was running. Push again, or start the build again.";
    await this.#finishUnstarted(found, "Error", "BuildInterrupted", message);
  }

  async #finishUnstarted(
    found: Build,
    phase: "Cancelled" | "Error",
    reason: string,
    message: string,
  ): Promise<void> {
    const completionTimestamp = new Date(this.#options.clock.now()).toISOString();
    const uid = found.metadata.uid ?? "";
    const log = await this.logs.start(uid, { append: true });
    log.line(` !     ${message}`);
    await this.logs.end(uid);
    await this.#writeStatus(found, { ...found.status, phase, reason, message, completionTimestamp });
    this.#events.event(found, "Warning", `Build${phase}`, message);
  }

  /** Of a build without success: no tag may say that there is one. */
  async #removeImage(build: Build): Promise<void> {
    const { engine, registry, log } = this.#options;
    await engine.removeImage(imageReference(build, registry)).catch((error: unknown) => {
      log.debug("cannot remove the image of a build", { build: build.metadata.name, error });
    });
  }

  #stop(active: Active, stop: Stop): void {
    active.stop ??= stop;
    active.aborter.abort(new Error(`the build is stopped: ${active.stop}`));
    // The engine hears of it at the end of the step that runs: this ends the step.
    this.#endSteps(active.build);
  }

  #endSteps({ metadata }: Build): void {
    endBuildSteps(metadata.uid ?? "", this.#options.clock).catch((error: unknown) => {
      this.#options.log.warn("cannot end the steps of a build", { build: metadata.name, error });
    });
  }

  async #writeStatus(build: Build, status: BuildStatus): Promise<void> {
    try {
      // What an earlier phase said is over.
      const body = { status: { reason: null, message: null, ...definedOnly(status) } };
      await this.#client.patch(buildKind, refOf(build), { type: "merge", body }, { subresource: "status" });
    } catch (error) {
      // Deleted meanwhile: there is nothing to say any more.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

function definedOnly(status: BuildStatus): Record<string, JsonValue> {
  return JSON.parse(JSON.stringify(status)) as Record<string, JsonValue>;
}

/** Its configuration's run policy says when it becomes Pending, which is the time to run it. */
function waitsForConfig({ metadata, status }: Build): boolean {
  return metadata.labels?.[policyLabel] !== undefined && (status?.phase ?? "New") === "New";
}

/** Builds of one app, or of one build configuration, take turns, unless these run in parallel. */
function groupOf(build: Build): string {
  const { namespace = "", name = "", labels = {} } = build.metadata;
  if (labels[policyLabel] === "Parallel") return `${namespace}/${name}`;
  return `${namespace}/${labels[appLabel] ?? labels["buildconfig"] ?? name}`;
}
