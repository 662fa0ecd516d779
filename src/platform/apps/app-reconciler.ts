/**
 * Brings one app to what it should be: its config secret, service and routes; a release for every cause; the
 * deployments of the release that should run; its status. Every step can be cut short and is done again.
 */

import { configName, processLabel, releaseLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import type { Reconciled } from "../../client/controller.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import type { Clock } from "../../lib/clock.ts";
import { timestamp } from "../../lib/timestamp.ts";
import { setCondition } from "../../model/conditions.ts";
import { isJsonEqual } from "../../model/json.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { service, type Service } from "../../model/kinds/core/service/service.ts";
import { wakesAnnotation } from "../../model/kinds/core/service/wakes.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import { guardSettings, settingAnnotations } from "../../model/kinds/route/route/route-settings.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { tcpPortOf } from "../../model/kinds/route/route/tcp-port.ts";
import { keyOf, refFromKey, refOf, type ObjectRef } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import type { AppCaches } from "./app-caches.ts";
import { appDeployment, appRoutes, appService, configSecret } from "./app-objects.ts";
import { appStatus } from "./app-status.ts";
import type { FailedCheck } from "./failure-reason.ts";
import { maySleep, wantedReplicas } from "./autoscaled.ts";
import {
  defaultReleaseHistoryLimit,
  deploymentName,
  isOwnedBy,
  servedProcesses,
  wishProblemAnnotation,
} from "./names.ts";
import { ensureCronJobs } from "./cron-keeper.ts";
import { newestRelease } from "./release-plan.ts";
import { ignoreNotFound, OwnedObjects } from "./owned-objects.ts";
import { portServices } from "./port-services.ts";
import { isRouted, isServed, mainRoutes, routedWaitMs, webPodsOf } from "./routed.ts";
import { ReleasePhaseRunner } from "./release-phase-runner.ts";
import { ReleaseMaker, type MissingImage } from "./release-maker.ts";
import { lastWords } from "./last-words.ts";
import { phaseState } from "./release-phase.ts";
import { goingOn, waiting } from "./adoption.ts";
import { WeightKeeper } from "./weight-keeper.ts";
import { BesideKeeper } from "./beside-keeper.ts";
import { urlOf, type RouterPorts } from "./app-url.ts";
import { isBeside, previewHost } from "./beside-objects.ts";
import { planWishedDeploy } from "./cutover-plan.ts";
import type { DeployPlan } from "./deploy-input.ts";
import { deployWishAnnotation } from "./deploy-wish.ts";
import { liveCondition, phaseOf, routingMessage, type PhaseChange } from "./rollout.ts";

export interface ReconcilerOptions {
  readonly client: Client;
  readonly caches: AppCaches;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly domain: string;
  readonly ports: RouterPorts;
  readonly missingImage?: MissingImage | undefined;
}

export class AppReconciler {
  readonly #options: ReconcilerOptions;
  readonly #owned: OwnedObjects;
  readonly #maker: ReleaseMaker;
  readonly #phases: ReleasePhaseRunner;
  readonly #beside: BesideKeeper;
  readonly #weights: WeightKeeper;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#owned = new OwnedObjects(options);
    this.#maker = new ReleaseMaker(options);
    this.#phases = new ReleasePhaseRunner(options);
    this.#beside = new BesideKeeper({ ...options, owned: this.#owned });
    this.#weights = new WeightKeeper(options);
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { caches } = this.#options;
    const app = caches.apps.get(key);
    // What belongs to a deleted app goes with it, through its owner.
    if (app === undefined) await this.#beside.removeUnowned(refFromKey(key));
    if (app === undefined || app.metadata.deletionTimestamp !== undefined) return undefined;
    await this.#ensureFrame(app);
    const advanced = await this.#phases.advance(app, await this.#maker.ensure(app));
    const { releases } = advanced;
    const { pods } = caches.of(app);
    const deployed = this.#deploymentsOf(app);
    const isRoutedNow = (release: Release): boolean => this.#isRouted(app, release);
    const failedChecks = (pod: Pod): FailedCheck | undefined => caches.failedCheckOf(pod);
    const plan = planWishedDeploy({
      app,
      releases,
      deployments: deployed,
      beside: this.#beside.deploymentOf(app),
      pods,
      failedChecks,
      isRouted: isRoutedNow,
      isServed: (release) => this.#isServed(app, release),
      metrics: mainRoutes(caches.of(app).routes).flatMap(
        (each) => caches.routeMetrics.get(keyOf(refOf(each))) ?? [],
      ),
      isPreviewed: (release) => this.#isPreviewed(app, release),
      previewUrl: this.#previewUrl(app),
      nowMs: this.#options.clock.now(),
    });
    const decided = await this.#writePhases(app, releases, plan);
    if (plan.settled !== undefined) await this.#settleWish(app, plan.settled.problem);
    // A share goes before what it leads to, and comes after it.
    const { canaryWeight } = plan;
    if (canaryWeight === undefined) await this.#weights.ensure(app, canaryWeight);
    await this.#beside.ensure(app, plan, (release) => this.#replicas(app, release, webProcess, plan));
    if (canaryWeight !== undefined) await this.#weights.ensure(app, canaryWeight);
    const deployments = await this.#ensureDeployments(app, plan);
    await this.#ensureCronJobs(app, decided);
    await this.#prune(app, decided);
    const shown = this.#beside.shown(app, plan, deployments);
    await this.#writeStatus(app, { releases: decided, target: plan.target, deployments: shown });
    const isWaiting = decided.some(({ status }) => status?.message === routingMessage);
    const waits = [isWaiting ? routedWaitMs : undefined, advanced.requeueAfterMs, plan.requeueAfterMs].filter(
      (ms) => ms !== undefined,
    );
    return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
  }

  #isRouted(app: App, release: Release): boolean {
    const { routes, pods } = this.#options.caches.of(app);
    return isRouted(mainRoutes(routes), webPodsOf(release, pods), this.#options.clock.now());
  }

  #isServed(app: App, release: Release): boolean {
    const { routes, pods } = this.#options.caches.of(app);
    return isServed(mainRoutes(routes), webPodsOf(release, pods));
  }

  #isPreviewed(app: App, release: Release): boolean {
    const { routes, pods } = this.#options.caches.of(app);
    const preview = routes.filter(({ metadata }) => isBeside(metadata));
    const isThere = preview.some(({ status }) => status?.ingress !== undefined);
    return isThere && isRouted(preview, webPodsOf(release, pods), this.#options.clock.now());
  }

  #previewUrl(app: App): string {
    const { caches, domain, ports } = this.#options;
    const preview = caches.of(app).routes.find(({ metadata }) => isBeside(metadata));
    return urlOf(previewHost(app, domain), preview, ports);
  }

  /** What a person asked of the deploy is done, or cannot be. */
  async #settleWish(app: App, problem: string | undefined): Promise<void> {
    const annotations = { [deployWishAnnotation]: null, [wishProblemAnnotation]: problem ?? null };
    // Another wish that came meanwhile is not taken for done.
    const body = { metadata: { annotations, resourceVersion: app.metadata.resourceVersion } };
    await this.#options.client.patch(appKind, refOf(app), { type: "merge", body });
  }

  async #ensureFrame(app: App): Promise<void> {
    const { caches, domain } = this.#options;
    const { namespace = "", name = "" } = app.metadata;
    if (caches.secrets.get(`${namespace}/${configName(name)}`) === undefined) {
      await this.#owned.create(secret, configSecret(app, {}), app);
    }
    const ownService = appService(app);
    const presentService = caches.services.get(keyOf(refOf(ownService)));
    if (presentService === undefined) await this.#owned.create(service, ownService, app);
    else {
      this.#owned.claim(presentService, app);
      await this.#keepWakes(app, presentService, webProcess);
    }
    for (const each of portServices(app, caches)) await this.#keepWakes(app, each.service, each.process);
    const wanted = appRoutes(app, domain);
    for (const each of wanted) {
      const present = caches.routes.get(keyOf(refOf(each)));
      if (present === undefined) await this.#owned.create(route, this.#guarded(app, each), app);
      else await this.#updateRoute(app, present, each);
    }
    const names = new Set(wanted.map(({ metadata }) => metadata.name));
    for (const present of caches.of(app).routes) {
      const isExtra =
        isOwnedBy(present, app) &&
        !names.has(present.metadata.name) &&
        !isBeside(present.metadata) &&
        tcpPortOf(present) === undefined;
      if (isExtra) await this.#owned.remove(route, present);
    }
  }

  /** A new way to the app is behind the guards of its own route; from then on each has its own. */
  #guarded(app: App, wanted: Route): Route {
    const own = this.#options.caches.routes.get(keyOf(refOf(app)));
    if (own === undefined) return wanted;
    const annotations = { ...wanted.metadata.annotations, ...settingAnnotations(own, guardSettings) };
    return { ...wanted, metadata: { ...wanted.metadata, annotations } };
  }

  /** Requests wake what its autoscaler may put to sleep. */
  async #keepWakes(app: App, present: Service, process: string): Promise<void> {
    const { namespace, name = "" } = app.metadata;
    const target = deploymentName(name, process);
    const autoscaler = this.#options.caches.autoscalerOf(`${namespace}/${target}`);
    const wakes = maySleep(app, process, autoscaler) ? target : undefined;
    if (present.metadata.annotations?.[wakesAnnotation] === wakes) return;
    const body = { metadata: { annotations: { [wakesAnnotation]: wakes ?? null } } };
    await this.#options.client.patch(service, refOf(present), { type: "merge", body });
  }

  /** Only what leads to the app is ours: options that somebody added to the route stay. */
  async #updateRoute(app: App, present: Route, wanted: Route): Promise<void> {
    this.#owned.claim(present, app);
    const { host, to, port } = wanted.spec;
    if (present.spec.host === host && present.spec.to.name === to.name) return;
    await this.#options.client.update(route, { ...present, spec: { ...present.spec, host, to, port } });
  }

  async #writePhases(
    app: App,
    releases: readonly Release[],
    { changes }: DeployPlan,
  ): Promise<readonly Release[]> {
    const written = new Map<Release, Release>();
    for (const change of changes) {
      const { release, phase, message } = change;
      const logSnippet = phase === "Failed" ? await this.#lastWords(app, release) : undefined;
      const imageID = phase === "Live" ? this.#imageIdOf(app, release) : undefined;
      const found = { ...(logSnippet && { logSnippet }), ...(imageID && { imageID }) };
      const conditions = [
        ...setCondition(release.status?.conditions, liveCondition(phase, message), this.#now()),
      ];
      const until = change.standbyUntil === undefined ? {} : { standbyUntil: change.standbyUntil };
      // Of a step that has begun anew nothing of the one before stays.
      const canary =
        change.canary === undefined ? {} : { canary: { p95Ms: null, beforeP95Ms: null, ...change.canary } };
      const status = { phase, message, conditions, ...found, ...until, ...canary };
      const body = { status } as unknown as JsonValue;
      const options = { subresource: "status" };
      written.set(
        release,
        await this.#options.client.patch(releaseKind, refOf(release), { type: "merge", body }, options),
      );
      this.#tell(app, change);
    }
    return releases.map((release) => written.get(release) ?? release);
  }

  /** What the image's name stood for when it ran. */
  #imageIdOf(app: App, release: Release): string | undefined {
    const [own] = this.#podsOf(app, release).filter(({ status }) => status?.phase === "Running");
    return own?.status?.containerStatuses?.[0]?.imageID;
  }

  /** Those of its processes: the release phase has had its say. */
  #podsOf(app: App, { spec }: Release): readonly Pod[] {
    const { pods } = this.#options.caches.of(app);
    const served = servedProcesses(spec.processes);
    return pods.filter(({ metadata: { labels } }) => {
      const isServed = served.includes(labels?.[processLabel] ?? "");
      return isServed && labels?.[releaseLabel] === `v${spec.version}`;
    });
  }

  /** The end of the log of a pod that did not get ready; of a release phase it is there already. */
  async #lastWords(app: App, release: Release): Promise<string | undefined> {
    if (phaseOf(release) === "Failed" || phaseState(release) === "Failed") return undefined;
    const words = await lastWords(this.#options.client, this.#podsOf(app, release));
    return words === "" ? undefined : words;
  }

  #tell(app: App, { release, phase, message }: PhaseChange): void {
    if (phase === phaseOf(release)) return;
    const { events } = this.#options;
    const version = `v${release.spec.version}`;
    if (phase === "Live") events.event(app, "Normal", "ReleaseLive", `Release ${version} is live`);
    if (phase === "Held") events.event(app, "Normal", "ReleaseHeld", `Release ${version} is ${message}`);
    if (phase === "Failed")
      events.event(app, "Warning", "ReleaseFailed", `Release ${version} failed: ${message}`);
  }

  #now(): string {
    return timestamp(this.#options.clock.now());
  }

  #deploymentsOf(app: App): readonly Deployment[] {
    return this.#options.caches
      .of(app)
      .deployments.filter((each) => isOwnedBy(each, app) && !isBeside(each.metadata));
  }

  async #ensureDeployments(app: App, plan: DeployPlan): Promise<readonly Deployment[]> {
    const { target, webTarget } = plan;
    if (target === undefined) return this.#deploymentsOf(app);
    const { client, events } = this.#options;
    const processes = servedProcesses(target.spec.processes);
    const kept: Deployment[] = [];
    for (const present of this.#deploymentsOf(app)) {
      const process = present.metadata.labels?.[processLabel] ?? "";
      if (processes.includes(process)) kept.push(present);
      // What a release does not have any more runs until it is live.
      else if (phaseOf(target) === "Live") await this.#owned.remove(deployment, present);
    }
    const result: Deployment[] = [];
    for (const process of processes) {
      const present = kept.find(({ metadata }) => metadata.labels?.[processLabel] === process);
      const runs = process === webProcess ? (webTarget ?? target) : target;
      const replicas = this.#replicas(app, runs, process, plan);
      const made = appDeployment(app, { target: runs, process, present, replicas });
      const waits = plan.adopts !== undefined && process === webProcess;
      const wanted = waits ? waiting(made, this.#beside.deploymentOf(app), this.#now()) : goingOn(made);
      if (present === undefined) {
        result.push(await this.#owned.create(deployment, wanted, app));
        continue;
      }
      result.push(isJsonEqual(present, wanted) ? present : await client.update(deployment, wanted));
      const [before, after] = [present.spec.replicas, wanted.spec.replicas];
      if (before !== after)
        events.event(app, "Normal", "Scaled", `Scaled ${process} from ${before} to ${after}`);
    }
    return result;
  }

  /** How many instances of the process type a release is to have; what shares the requests does not sleep. */
  #replicas(app: App, release: Release, process: string, { canaryWeight }: DeployPlan): number {
    const { caches } = this.#options;
    const key = `${app.metadata.namespace}/${deploymentName(app.metadata.name ?? "", process)}`;
    const isTried = canaryWeight !== undefined || !["Live", "Superseded"].includes(phaseOf(release));
    const present = caches.deployments.get(key)?.spec.replicas;
    return wantedReplicas(app, process, { autoscaler: caches.autoscalerOf(key), present, isTried });
  }

  async #ensureCronJobs(app: App, releases: readonly Release[]): Promise<void> {
    const { client, caches } = this.#options;
    const live = newestRelease(releases.filter((release) => phaseOf(release) === "Live"));
    await ensureCronJobs(client, this.#owned, { app, live, present: caches.of(app).cronJobs });
  }

  /** Old releases go, with their config; never the live one, nor the newest. */
  async #prune({ spec }: App, releases: readonly Release[]): Promise<void> {
    const surplus = releases
      .toSorted((a, b) => b.spec.version - a.spec.version)
      .slice(spec?.releaseHistoryLimit ?? defaultReleaseHistoryLimit)
      .filter((release) => phaseOf(release) !== "Live");
    for (const release of surplus) {
      await this.#owned.remove(releaseKind, release);
      const ref: ObjectRef = { namespace: release.metadata.namespace, name: release.spec.configSecret };
      await this.#options.client.delete(secret, ref).catch(ignoreNotFound);
    }
  }

  async #writeStatus(
    app: App,
    state: { releases: readonly Release[]; target: Release | undefined; deployments: readonly Deployment[] },
  ): Promise<void> {
    const { client, caches, domain, ports } = this.#options;
    const { routes, pods } = caches.of(app);
    const nowIso = this.#now();
    const failedChecks = (pod: Pod): FailedCheck | undefined => caches.failedCheckOf(pod);
    const status = appStatus({ app, ...state, routes, pods, failedChecks, domain, ports, nowIso });
    if (isJsonEqual(status, app.status ?? {})) return;
    const body = { status } as unknown as JsonValue;
    await client
      .patch(appKind, refOf(app), { type: "merge", body }, { subresource: "status" })
      .catch(ignoreNotFound);
  }
}
