/**
 * Carries release phases out, one at a time for an app: makes the pod, keeps what it said, and writes into the
 * release how it went. Every step can be cut short and is done again; the pod is made once.
 */

import { appLabel, processLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { findObject } from "../../client/find-object.ts";
import type { Client } from "../../client/client.ts";
import { tailText } from "../../client/tail-text.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { timestamp } from "../../lib/timestamp.ts";
import { configMap, type ConfigMap } from "../../model/kinds/core/configmap/configmap.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { sharedVolumes } from "../../model/kinds/nagi/app/app-volumes.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { controllerRef, refOf } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";
import type { AppCaches } from "./app-caches.ts";
import { outputName, releasePodName, releaseProcess } from "./names.ts";
import { ignoreNotFound } from "./owned-objects.ts";
import {
  phaseOutcome,
  phaseState,
  podKeepMs,
  releasePod,
  type PhaseOutcome,
  type PhaseStatus,
} from "./release-phase.ts";
import { newestRelease } from "./release-plan.ts";

const outputMaxBytes = 256 * 1024;
const outputMaxLines = 5000;
const snippetLines = 10;

export interface PhaseRunnerOptions {
  readonly client: Client;
  readonly caches: AppCaches;
  readonly clock: Clock;
}

export interface Advanced {
  readonly releases: readonly Release[];
  readonly requeueAfterMs: number | undefined;
}

export class ReleasePhaseRunner {
  readonly #options: PhaseRunnerOptions;

  constructor(options: PhaseRunnerOptions) {
    this.#options = options;
  }

  /** The releases, with what was found out of their release phases. */
  async advance(app: App, given: readonly Release[]): Promise<Advanced> {
    const waits: number[] = [];
    const releases: Release[] = [];
    for (const release of given) {
      if (phaseState(release) !== "Running") {
        releases.push(release);
        continue;
      }
      const found = await this.#podOf(app, release);
      const outcome = phaseOutcome(release, found, this.#options.clock.now());
      if (outcome.state === "Running") waits.push(outcome.leftMs);
      releases.push(outcome.state === "Running" ? release : await this.#end(release, found, outcome));
    }
    const started = await this.#startNewest(app, releases);
    waits.push(...(await this.#removeOldPods(app, started)));
    return {
      releases: started,
      requeueAfterMs: waits.length === 0 ? undefined : Math.max(1, Math.min(...waits)),
    };
  }

  async #startNewest(app: App, releases: readonly Release[]): Promise<readonly Release[]> {
    const newest = newestRelease(releases);
    const phase = newest?.status?.phase ?? "Pending";
    const isDue = newest !== undefined && (phase === "Pending" || phase === "Releasing");
    if (!isDue || phaseState(newest) !== "waiting") return releases;
    // Two migrations at once would meet each other.
    if (releases.some((each) => phaseState(each) === "Running")) return releases;
    const { client, clock } = this.#options;
    const resources = app.spec?.processes?.[releaseProcess]?.resources;
    const made = await this.#create(releasePod(newest, resources, sharedVolumes(app.spec?.volumes)));
    const running: PhaseStatus = {
      state: "Running",
      pod: made.metadata.name,
      podUID: made.metadata.uid,
      startedAt: timestamp(clock.now()),
    };
    const body = { metadata: versionOf(newest), status: { phase: "Releasing", releasePhase: running } };
    const written = await client.patch(
      releaseKind,
      refOf(newest),
      { type: "merge", body: JSON.parse(JSON.stringify(body)) as typeof body },
      { subresource: "status" },
    );
    return releases.map((each) => (each === newest ? written : each));
  }

  /** The pod that is there then: made now, or before a crash. */
  async #create(wanted: Pod): Promise<Pod> {
    const { client } = this.#options;
    try {
      return await client.create(pod, wanted);
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      const present = await client.get(pod, refOf(wanted));
      const owner = wanted.metadata.ownerReferences?.[0]?.uid;
      if (present.metadata.ownerReferences?.some(({ uid }) => uid === owner) ?? false) return present;
      throw new Error(`cannot create pod ${wanted.metadata.name}: another pod has its name; delete it`, {
        cause: error,
      });
    }
  }

  /** A cache may not know it yet: what is missing there is asked for. */
  async #podOf(app: App, release: Release): Promise<Pod | undefined> {
    const { caches, client } = this.#options;
    const { name = "", namespace } = release.metadata;
    const wanted = releasePodName(name);
    const uid = release.status?.releasePhase?.podUID;
    const cached = caches
      .of(app)
      .pods.find(({ metadata }) => metadata.name === wanted && metadata.uid === uid);
    if (cached !== undefined) return cached;
    return await findObject(client, pod, { namespace, name: wanted });
  }

  async #end(
    release: Release,
    found: Pod | undefined,
    outcome: Exclude<PhaseOutcome, { readonly state: "Running" }>,
  ): Promise<Release> {
    const { client, clock } = this.#options;
    const { name = "" } = release.metadata;
    const said = found === undefined ? "" : await this.#said(found);
    await this.#keepOutput(release, said);
    const message = outcome.state === "Failed" ? outcome.message : undefined;
    const releasePhase: PhaseStatus = {
      ...release.status?.releasePhase,
      state: outcome.state,
      completedAt: timestamp(clock.now()),
      exitCode: outcome.exitCode,
      message,
      output: outputName(name),
    };
    const logSnippet = message === undefined || said === "" ? undefined : lastLines(said);
    const body = { metadata: versionOf(release), status: { releasePhase, logSnippet } };
    const written = await client.patch(
      releaseKind,
      refOf(release),
      { type: "merge", body: JSON.parse(JSON.stringify(body)) as never },
      { subresource: "status" },
    );
    const isOver = found?.status?.phase === "Failed" || found?.status?.phase === "Succeeded";
    if (found !== undefined && !isOver) await client.delete(pod, refOf(found)).catch(ignoreNotFound);
    return written;
  }

  async #said(found: Pod): Promise<string> {
    try {
      return await tailText(
        this.#options.client.log(pod, refOf(found), { tailLines: outputMaxLines }),
        outputMaxBytes,
      );
    } catch (error) {
      // A container that never started has none.
      return `(its log cannot be read: ${messageOf(error)})\n`;
    }
  }

  async #keepOutput(release: Release, log: string): Promise<void> {
    const { client } = this.#options;
    const { name = "", namespace } = release.metadata;
    const owner = { ...controllerRef(release), apiVersion: "nagi.dev/v1", kind: "Release" };
    const labels = { [appLabel]: release.spec.app };
    const metadata = { name: outputName(name), namespace, labels, ownerReferences: [owner] };
    const wanted = newObject<ConfigMap>(configMap, metadata, { data: { log } });
    try {
      await client.create(configMap, wanted);
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      await client.update(configMap, wanted);
    }
  }

  /** How long until the next is old enough. */
  async #removeOldPods(app: App, releases: readonly Release[]): Promise<number[]> {
    const { caches, client, clock } = this.#options;
    const waits: number[] = [];
    for (const each of caches.of(app).pods) {
      if (each.metadata.labels?.[processLabel] !== releaseProcess || each.metadata.deletionTimestamp)
        continue;
      const owner = releases.find(({ status }) => status?.releasePhase?.podUID === each.metadata.uid);
      const { state, completedAt } = owner?.status?.releasePhase ?? {};
      if (state === undefined || state === "Running") continue;
      const leftMs = Date.parse(completedAt ?? "") + podKeepMs - clock.now();
      if (leftMs > 0) waits.push(leftMs);
      else await client.delete(pod, refOf(each)).catch(ignoreNotFound);
    }
    return waits;
  }
}

function versionOf({ metadata }: Release): { resourceVersion?: string } {
  return metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion };
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-snippetLines).join("\n");
}
