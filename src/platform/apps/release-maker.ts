/**
 * Makes the releases of an app. What must stay true: a version is given out once, and only after a look at what is
 * there now, not at a cache; a release is never without its config.
 */

import { appLabel, configName } from "../../model/kinds/nagi/app/app-names.ts";
import { findObject } from "../../client/find-object.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import { isJsonEqual } from "../../model/json.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { isWaitingForAddons } from "../../model/kinds/nagi/app/wanted-addons.ts";
import { ownerAnnotation } from "../../model/kinds/nagi/addon/addon-vars.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import { refOf, type ObjectRef } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isStatus } from "../../model/status.ts";
import type { AppCaches } from "./app-caches.ts";
import { newRelease, releaseSecret } from "./app-objects.ts";
import { followedImage } from "./followed-image.ts";
import { createdByAnnotation, isOwnedBy, rollbackAnnotation, wishProblemAnnotation } from "./names.ts";
import { newestBuild } from "./release-content.ts";
import { newestRelease, planRelease, type NewRelease, type ReleasePlan } from "./release-plan.ts";
import type { ConfigData } from "./release-text.ts";
import { manifestAnnotation, wantedBySource } from "./wanted-by-source.ts";

/** Why an image, with the id that it had when it ran, cannot be had any more; undefined when it can. */
export type MissingImage = (image: string, id: string | undefined) => Promise<string | undefined>;

export interface ReleaseMakerOptions {
  readonly client: Client;
  readonly caches: AppCaches;
  readonly events: EventRecorder;
  /** Absent: it is taken for granted that images are there. */
  readonly missingImage?: MissingImage | undefined;
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
      configBy: secretOf(configName(name))?.metadata.annotations?.[createdByAnnotation],
      addonVars: addonVarsOf(secretOf(configName(name))),
      builds: caches.of(app).builds,
      followed: followedImage(app, caches),
      releases: cached,
      configOf: ({ spec }) => dataOf(secretOf(spec.configSecret)),
    });
    return guess.action === "none" || guess.action === "wait" ? cached : await this.#ensureFresh(app);
  }

  async #ensureFresh({ metadata }: App): Promise<readonly Release[]> {
    const { client, caches } = this.#options;
    const { namespace, name = "" } = metadata;
    const app = await this.#applyManifest(await client.get(appKind, { namespace, name }));
    const { items } = await client.list(releaseKind, { namespace, labelSelector: `${appLabel}=${name}` });
    const releases = items.filter((each) => isOwnedBy(each, app));
    const configs = new Map<Release, ConfigData | undefined>();
    for (const release of needed(app, releases)) {
      configs.set(release, dataOf(await this.#find({ namespace, name: release.spec.configSecret })));
    }
    const config = await this.#find({ namespace, name: configName(name) });
    const plan = planRelease({
      app,
      config: dataOf(config) ?? {},
      configBy: config?.metadata.annotations?.[createdByAnnotation],
      addonVars: addonVarsOf(config),
      builds: caches.of(app).builds,
      followed: followedImage(app, caches),
      releases,
      configOf: (release) => configs.get(release),
    });
    switch (plan.action) {
      case "create": {
        // Without them the release would come up without its database.
        if (isWaitingForAddons(app)) return releases;
        const problem = await this.#imageProblem(app, releases, plan.release);
        if (problem === undefined) return [...releases, await this.#create(app, plan.release)];
        await this.#settle(app, { action: "settle", wish: rollbackAnnotation, config: undefined, problem });
        return releases;
      }
      case "drop-image": {
        const body = { metadata: { resourceVersion: app.metadata.resourceVersion }, spec: { image: null } };
        await client.patch(appKind, refOf(app), { type: "merge", body });
        return releases;
      }
      case "restore-config":
        return await this.#restoreConfig(app, releases, plan);
      case "settle":
        await this.#settle(app, plan);
        return releases;
      default:
        return releases;
    }
  }

  /** What the newest build's app.json wants of the app, before the release of that build is made. */
  async #applyManifest(app: App): Promise<App> {
    const { client, caches, events } = this.#options;
    const { namespace, name = "", resourceVersion } = app.metadata;
    const config = await this.#find({ namespace, name: configName(name) });
    const present = dataOf(config) ?? {};
    const wanted = wantedBySource(app, newestBuild(caches.of(app).builds), present);
    if (wanted === undefined) return app;
    if (config !== undefined && Object.keys(wanted.config).length > 0)
      await client.update(secret, { ...config, data: { ...present, ...wanted.config } });
    const annotations = { [manifestAnnotation]: wanted.annotation };
    const body = { metadata: { annotations, resourceVersion }, spec: wanted.spec };
    const patch = { type: "merge", body: JSON.parse(JSON.stringify(body)) as JsonValue } as const;
    const written = await client.patch(appKind, refOf(app), patch);
    for (const notice of wanted.notices) events.event(app, "Warning", "AppJson", notice);
    return written;
  }

  /** Of a rollback: what it goes back to must still be there. */
  async #imageProblem(
    app: App,
    releases: readonly Release[],
    { spec }: NewRelease,
  ): Promise<string | undefined> {
    const wanted = app.metadata.annotations?.[rollbackAnnotation];
    if (wanted === undefined) return undefined;
    const version = `v${wanted.replace(/^v/, "")}`;
    const target = releases.find((each) => `v${each.spec.version}` === version);
    const missing = await this.#options.missingImage?.(spec.image, target?.status?.imageID);
    if (missing === undefined) return undefined;
    return `cannot roll back to ${version}: ${missing}. Deploy its source again, or choose another release: nagi releases`;
  }

  async #restoreConfig(
    app: App,
    releases: readonly Release[],
    { failed, config }: Extract<ReleasePlan, { action: "restore-config" }>,
  ): Promise<readonly Release[]> {
    const { client, events } = this.#options;
    await this.#writeConfig(app, config);
    const body = { status: { configRestored: true } };
    const options = { subresource: "status" };
    const written = await client.patch(releaseKind, refOf(failed), { type: "merge", body }, options);
    const text = `Config vars are those of what runs again, since v${failed.spec.version} failed`;
    events.event(app, "Normal", "ConfigRestored", text);
    return releases.map((each) => (each === failed ? written : each));
  }

  async #writeConfig({ metadata }: App, data: ConfigData): Promise<void> {
    const { client } = this.#options;
    const ref = { namespace: metadata.namespace, name: configName(metadata.name ?? "") };
    const config = await client.get(secret, ref);
    if (isJsonEqual(config.data ?? {}, data)) return;
    await client.update(secret, { ...config, data: { ...data } });
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

  async #settle(app: App, plan: Extract<ReleasePlan, { action: "settle" }>): Promise<void> {
    const { client, events } = this.#options;
    if (plan.config !== undefined) await this.#writeConfig(app, plan.config);
    const annotations = { [plan.wish]: null, [wishProblemAnnotation]: plan.problem ?? null };
    const body = { metadata: { annotations, resourceVersion: app.metadata.resourceVersion } };
    await client.patch(appKind, refOf(app), { type: "merge", body });
    const reason = plan.wish === rollbackAnnotation ? "RollbackFailed" : "RetryFailed";
    if (plan.problem !== undefined) events.event(app, "Warning", reason, plan.problem);
  }

  async #find(ref: ObjectRef): Promise<Secret | undefined> {
    return await findObject(this.#options.client, secret, ref);
  }
}

/** The releases whose config the plan may ask for. */
function needed(app: App, releases: readonly Release[]): ReadonlySet<Release> {
  const wanted = app.metadata.annotations?.[rollbackAnnotation]?.replace(/^v/, "");
  const latest = newestRelease(releases);
  const live = newestRelease(releases.filter(({ status }) => status?.phase === "Live"));
  const target = releases.find(({ spec }) => String(spec.version) === wanted);
  return new Set([latest, live, target].filter((release) => release !== undefined));
}

function addonVarsOf(config: Secret | undefined): string[] {
  const { data = {}, metadata } = config ?? {};
  return Object.keys(data).filter((name) => metadata?.annotations?.[ownerAnnotation(name)] !== undefined);
}

/** A secret without entries has no data; only one that is not there is lost. */
function dataOf(found: Secret | undefined): ConfigData | undefined {
  return found === undefined ? undefined : (found.data ?? {});
}
