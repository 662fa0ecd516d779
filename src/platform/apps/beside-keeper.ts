/**
 * Keeps what runs beside the release that serves: its deployment, its service, the preview's route, and whom the app's
 * own service and those of its ports lead to.
 *
 * What must stay true: the services are told whom they lead to before there is anything beside that they must not lead to,
 * and told to lead to all only when no such thing is left.
 */

import { appLabel, processLabel, releaseLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import { isJsonEqual } from "../../model/json.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { replicaSet } from "../../model/kinds/apps/replicaset/replicaset.ts";
import { service, type Service } from "../../model/kinds/core/service/service.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import { keyOf, refOf, type ObjectRef } from "../../model/meta.ts";
import type { AppCaches } from "./app-caches.ts";
import { appService } from "./app-objects.ts";
import {
  besideDeployment,
  besideService,
  followedChanges,
  isBeside,
  isBesideOf,
  previewRoute,
} from "./beside-objects.ts";
import type { DeployPlan } from "./deploy-input.ts";
import { besideDeploymentName, besideName, isOwnedBy } from "./names.ts";
import type { OwnedObjects } from "./owned-objects.ts";
import { portServices } from "./port-services.ts";

export interface BesideOptions {
  readonly client: Client;
  readonly caches: AppCaches;
  readonly owned: OwnedObjects;
  readonly domain: string;
}

export class BesideKeeper {
  readonly #options: BesideOptions;

  constructor(options: BesideOptions) {
    this.#options = options;
  }

  /** The deployment that runs web of a release beside the main one. */
  deploymentOf(app: App): Deployment | undefined {
    return this.#options.caches
      .of(app)
      .deployments.find((each) => isBeside(each.metadata) && isOwnedBy(each, app));
  }

  /** The deployments with the one of web that serves. */
  shown(
    app: App,
    { beside, serving }: DeployPlan,
    deployments: readonly Deployment[],
  ): readonly Deployment[] {
    const present = this.deploymentOf(app);
    if (present === undefined || beside === undefined || beside !== serving) return deployments;
    const isWeb = (each: Deployment): boolean => each.metadata.labels?.[processLabel] === webProcess;
    return deployments.map((each) => (isWeb(each) ? present : each));
  }

  /** `replicas`: how many instances of web the release is to have. */
  async ensure(
    app: App,
    { beside, serving, adopts }: DeployPlan,
    replicas: (release: Release) => number,
  ): Promise<void> {
    await this.#lead(app, serving === undefined ? undefined : `v${serving.spec.version}`);
    const { client, owned } = this.#options;
    const present = this.deploymentOf(app);
    if (beside === undefined || adopts === "take") {
      await this.#clear(app, present, adopts === undefined ? "Background" : "Orphan");
      return;
    }
    if (present !== undefined && isGoing(present)) return;
    // A deployment's selector cannot change: another release has one of its own.
    if (present !== undefined && !isBesideOf(present, beside)) {
      await owned.remove(deployment, present);
      return;
    }
    const wanted = besideDeployment(app, { target: beside, present, replicas: replicas(beside) });
    if (present === undefined) await owned.create(deployment, wanted, app);
    else if (!isJsonEqual(present, wanted)) await client.update(deployment, wanted);
    await this.#ensureService(app, besideService(app, wanted));
    await this.#ensurePreview(app);
  }

  async #ensurePreview(app: App): Promise<void> {
    const { client, caches, owned, domain } = this.#options;
    const own = caches.routes.get(keyOf(refOf(app)));
    const wanted = previewRoute(app, domain, own);
    const known = caches.routes.get(keyOf(refOf(wanted)));
    const present = known ?? (await owned.create(route, wanted, app));
    const annotations = own === undefined ? undefined : followedChanges(present, own);
    if (annotations === undefined) return;
    await client.patch(route, refOf(present), { type: "merge", body: { metadata: { annotations } } });
  }

  /** Of an app that was deleted while its instances were let go of for another deployment to take them over. */
  async removeUnowned({ namespace, name }: ObjectRef): Promise<void> {
    const { client, owned } = this.#options;
    const { items } = await client.list(replicaSet, { namespace, labelSelector: `${appLabel}=${name}` });
    for (const each of items) {
      const { name: own = "", ownerReferences = [] } = each.metadata;
      if (ownerReferences.length === 0 && own.startsWith(`${besideDeploymentName(name)}-`))
        await owned.remove(replicaSet, each);
    }
  }

  async #ensureService(app: App, wanted: Service): Promise<void> {
    const { client, caches, owned } = this.#options;
    const present = caches.services.get(keyOf(refOf(wanted)));
    if (present === undefined) await owned.create(service, wanted, app);
    else if (!isJsonEqual(present.spec.selector, wanted.spec.selector))
      await client.update(service, { ...present, spec: { ...present.spec, selector: wanted.spec.selector } });
  }

  async #clear(
    app: App,
    present: Deployment | undefined,
    propagation: "Background" | "Orphan",
  ): Promise<void> {
    const { caches, owned, domain } = this.#options;
    if (present !== undefined && !isGoing(present)) await owned.remove(deployment, present, propagation);
    const preview = caches.routes.get(keyOf(refOf(previewRoute(app, domain))));
    if (preview !== undefined && isOwnedBy(preview, app)) await owned.remove(route, preview);
    const { namespace, name = "" } = app.metadata;
    const ownService = caches.services.get(keyOf({ namespace, name: besideName(name) }));
    if (ownService !== undefined && isOwnedBy(ownService, app)) await owned.remove(service, ownService);
  }

  /** All instances of the app, or those of one release. */
  async #lead(app: App, version: string | undefined): Promise<void> {
    const { client, caches } = this.#options;
    const own = caches.services.get(keyOf(refOf(appService(app))));
    const ports = portServices(app, caches).filter(({ process }) => process === webProcess);
    for (const present of [own, ...ports.map((each) => each.service)]) {
      if (present === undefined || present.spec.selector?.[releaseLabel] === version) continue;
      const body = { spec: { selector: { [releaseLabel]: version ?? null } } };
      await client.patch(service, refOf(present), { type: "merge", body });
    }
  }
}

function isGoing({ metadata }: Deployment): boolean {
  return metadata.deletionTimestamp !== undefined;
}
