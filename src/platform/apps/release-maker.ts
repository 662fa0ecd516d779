/**
 * Makes the releases of an app. What must stay true: a version is given out once, and only after a look at what is
 * there now, not at a cache; a release is never without its config.
 */

import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import { isJsonEqual } from "../../model/json.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import { refOf, type ObjectRef } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import type { AppCaches } from "./app-caches.ts";
import { newRelease, releaseSecret } from "./app-objects.ts";
import { appLabel, configName, isOwnedBy, rollbackAnnotation } from "./names.ts";
import { newestRelease, planRelease, type NewRelease, type ReleasePlan } from "./release-plan.ts";
import type { ConfigData } from "./release-text.ts";

export interface ReleaseMakerOptions {
  readonly client: Client;
  readonly caches: AppCaches;
  readonly events: EventRecorder;
}

export class ReleaseMaker {
  readonly #options: ReleaseMakerOptions;

  constructor(options: ReleaseMakerOptions) {
    this.#options = options;
  }

  /** The app's releases, with the one that was made just now, if there was cause. */
  async ensure(app: App): Promise<readonly Release[]> {
    const { caches } = this.#options;
    const { namespace = "", name = "" } = app.metadata;
    const cached = caches.of(app).releases.filter((each) => isOwnedBy(each, app));
    const secretOf = (secretName: string): Secret | undefined =>
      caches.secrets.get(`${namespace}/${secretName}`);
    const guess = planRelease({
      app,
      config: secretOf(configName(name))?.data ?? {},
      builds: caches.of(app).builds,
      releases: cached,
      configOf: ({ spec }) => dataOf(secretOf(spec.configSecret)),
    });
    return guess.action === "none" || guess.action === "wait" ? cached : await this.#ensureFresh(app);
  }

  async #ensureFresh({ metadata }: App): Promise<readonly Release[]> {
    const { client, caches } = this.#options;
    const { namespace, name = "" } = metadata;
    const app = await client.get(appKind, { namespace, name });
    const { items } = await client.list(releaseKind, { namespace, labelSelector: `${appLabel}=${name}` });
    const releases = items.filter((each) => isOwnedBy(each, app));
    const wanted = app.metadata.annotations?.[rollbackAnnotation];
    const needed = releases.filter(({ spec }) => String(spec.version) === wanted?.replace(/^v/, ""));
    const latest = newestRelease(releases);
    const configs = new Map<Release, ConfigData | undefined>();
    for (const release of latest === undefined ? needed : [latest, ...needed]) {
      configs.set(release, dataOf(await this.#find({ namespace, name: release.spec.configSecret })));
    }
    const plan = planRelease({
      app,
      config: dataOf(await this.#find({ namespace, name: configName(name) })) ?? {},
      builds: caches.of(app).builds,
      releases,
      configOf: (release) => configs.get(release),
    });
    if (plan.action === "create") return [...releases, await this.#create(app, plan.release)];
    if (plan.action === "drop-image") {
      const body = { metadata: { resourceVersion: app.metadata.resourceVersion }, spec: { image: null } };
      await client.patch(appKind, refOf(app), { type: "merge", body });
    }
    if (plan.action === "settle-rollback") await this.#settleRollback(app, plan);
    return releases;
  }

  async #create(app: App, planned: NewRelease): Promise<Release> {
    const { client, events } = this.#options;
    const { version, description = "" } = planned.spec;
    const wanted = releaseSecret(app, planned);
    try {
      await client.create(secret, wanted);
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      // Left by a try that ended before its release: what counts is the config of now.
      await this.#replace(wanted);
    }
    const created = await client.create(releaseKind, newRelease(app, planned));
    events.event(app, "Normal", "ReleaseCreated", `Release v${version}: ${description}`);
    return created;
  }

  async #replace(wanted: Secret): Promise<void> {
    const { client } = this.#options;
    const present = await client.get(secret, refOf(wanted));
    if (isJsonEqual(present.data ?? {}, wanted.data ?? {})) return;
    await client.delete(secret, refOf(wanted));
    await client.create(secret, wanted);
  }

  async #settleRollback(app: App, plan: Extract<ReleasePlan, { action: "settle-rollback" }>): Promise<void> {
    const { client, events } = this.#options;
    const { namespace, name = "", resourceVersion } = app.metadata;
    if (plan.config !== undefined) {
      const config = await client.get(secret, { namespace, name: configName(name) });
      if (!isJsonEqual(config.data ?? {}, plan.config)) {
        await client.update(secret, { ...config, data: { ...plan.config } });
      }
    }
    const body = { metadata: { annotations: { [rollbackAnnotation]: null }, resourceVersion } };
    await client.patch(appKind, refOf(app), { type: "merge", body });
    if (plan.problem !== undefined) events.event(app, "Warning", "RollbackFailed", plan.problem);
  }

  async #find(ref: ObjectRef): Promise<Secret | undefined> {
    try {
      return await this.#options.client.get(secret, ref);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

/** A secret without entries has no data; only one that is not there is lost. */
function dataOf(found: Secret | undefined): ConfigData | undefined {
  return found === undefined ? undefined : (found.data ?? {});
}
