/** What the apps' controller knows of the cluster: caches that follow the API, with an index by app. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import { Informer } from "../../client/informer.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import { cronJob, type CronJob } from "../../model/kinds/batch/cronjob/cronjob.ts";
import { build, type Build } from "../../model/kinds/build/build/build.ts";
import { event, type Event } from "../../model/kinds/core/event/event.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { service } from "../../model/kinds/core/service/service.ts";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import { routeMetrics, type RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { parseTagName } from "../../model/kinds/image/tag-names.ts";
import { imageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { keyOf, refOf, type KubeObject } from "../../model/meta.ts";
import { failedCheck } from "./failed-check.ts";
import type { FailedCheck } from "./failure-reason.ts";

const byApp = "app";
const byDigest = "digest";
const byStream = "stream";
const byPod = "pod";
const byTarget = "target";

export interface AppParts {
  readonly releases: readonly Release[];
  readonly deployments: readonly Deployment[];
  readonly pods: readonly Pod[];
  readonly builds: readonly Build[];
  readonly routes: readonly Route[];
  readonly cronJobs: readonly CronJob[];
}

/** `namespace/app` of what carries the app's label. */
export function appKeysOf(object: KubeObject): string[] {
  const name = object.metadata.labels?.[appLabel];
  return name === undefined ? [] : [`${object.metadata.namespace}/${name}`];
}

export class AppCaches {
  readonly apps;
  readonly releases;
  readonly deployments;
  readonly pods;
  readonly builds;
  readonly routes;
  readonly secrets;
  readonly services;
  readonly streams;
  readonly cronJobs;
  readonly autoscalers;
  readonly routeMetrics;
  /** Of checks that failed. */
  readonly unhealthy;

  constructor(given: { readonly client: Client; readonly clock: Clock; readonly log: Logger }) {
    const labelled = { ...given, labelSelector: appLabel, indexers: { [byApp]: appKeysOf } };
    this.apps = new Informer({ ...given, kind: app, indexers: { [byStream]: followedStreamKeys } });
    this.streams = new Informer({ ...given, kind: imageStream });
    this.releases = new Informer({ ...labelled, kind: release });
    this.deployments = new Informer({ ...labelled, kind: deployment });
    this.pods = new Informer({ ...labelled, kind: pod });
    const indexers = { [byApp]: appKeysOf, [byDigest]: digestKeysOf };
    this.builds = new Informer<Build>({ ...labelled, kind: build, indexers });
    this.routes = new Informer({ ...labelled, kind: route });
    this.cronJobs = new Informer({ ...labelled, kind: cronJob });
    this.autoscalers = new Informer({
      ...given,
      kind: horizontalPodAutoscaler,
      indexers: { [byTarget]: scaledDeploymentKeys },
    });
    this.routeMetrics = new Informer({ ...labelled, kind: routeMetrics });
    this.secrets = new Informer({ ...given, kind: secret });
    this.unhealthy = new Informer<Event>({
      ...given,
      kind: event,
      fieldSelector: "reason=Unhealthy",
      indexers: { [byPod]: ({ involvedObject }) => [involvedObject.uid ?? ""] },
    });
    this.services = new Informer({ ...given, kind: service });
  }

  /** What carries the app's label; whether it is the app's own is another question. */
  of(owner: App): AppParts {
    const key = keyOf(refOf(owner));
    return {
      releases: this.releases.byIndex(byApp, key),
      deployments: this.deployments.byIndex(byApp, key),
      pods: this.pods.byIndex(byApp, key),
      builds: this.builds.byIndex(byApp, key),
      routes: this.routes.byIndex(byApp, key),
      cronJobs: this.cronJobs.byIndex(byApp, key),
    };
  }

  failedCheckOf({ metadata }: Pod): FailedCheck | undefined {
    return failedCheck(this.unhealthy.byIndex(byPod, metadata.uid ?? ""));
  }

  /** The app of a pod of which a check has failed for the first time; the hundredth time says nothing new. */
  unhealthyKeysOf({ metadata: { namespace }, involvedObject, count = 1 }: Event): string[] {
    const found = count > 1 ? undefined : this.pods.get(`${namespace}/${involvedObject.name}`);
    return found === undefined ? [] : appKeysOf(found);
  }

  /** That of a deployment, by its key; the oldest where there are several. */
  autoscalerOf(deploymentKey: string): HorizontalPodAutoscaler | undefined {
    const found = this.autoscalers.byIndex(byTarget, deploymentKey);
    return found.toSorted((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1))[0];
  }

  /** The app whose deployment the autoscaler scales. */
  scaledKeysOf(autoscaler: HorizontalPodAutoscaler): string[] {
    return scaledDeploymentKeys(autoscaler).flatMap((key) => {
      const found = this.deployments.get(key);
      return found === undefined ? [] : appKeysOf(found);
    });
  }

  /** The app that has a canary under way: to all others it is the same what the router counts. */
  measuredKeysOf(metrics: RouteMetrics): string[] {
    return appKeysOf(metrics).filter((key) =>
      this.releases
        .byIndex(byApp, key)
        .some(({ status }) => status?.canary !== undefined && status.phase === "Deploying"),
    );
  }

  /** A build of the namespace that made the image. */
  buildOf(namespace: string, digest: string): Build | undefined {
    return this.builds.byIndex(byDigest, `${namespace}/${digest}`)[0];
  }

  /** Apps that follow a tag of the stream. */
  followersOf(streamKey: string): readonly App[] {
    return this.apps.byIndex(byStream, streamKey);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { apps, releases, deployments, pods, builds, routes, secrets, services, streams } = this;
    const all = [
      apps,
      releases,
      deployments,
      pods,
      builds,
      routes,
      secrets,
      services,
      streams,
      this.unhealthy,
      this.cronJobs,
      this.autoscalers,
      this.routeMetrics,
    ];
    await Promise.all(all.map((informer) => informer.run(signal)));
  }
}

function digestKeysOf({ metadata, status }: Build): string[] {
  const digest = status?.output?.to?.imageDigest;
  return digest === undefined ? [] : [`${metadata.namespace}/${digest}`];
}

function scaledDeploymentKeys({ metadata, spec: { scaleTargetRef } }: HorizontalPodAutoscaler): string[] {
  return scaleTargetRef.kind === "Deployment" ? [`${metadata.namespace}/${scaleTargetRef.name}`] : [];
}

function ageOf({ metadata: { creationTimestamp = "", name } }: HorizontalPodAutoscaler): string {
  return `${creationTimestamp} ${name}`;
}

/** `namespace/stream` that the app follows a tag of. */
function followedStreamKeys(object: KubeObject): string[] {
  const { metadata, spec } = object as App;
  const name = parseTagName(spec?.imageStreamTag ?? "");
  return name === undefined ? [] : [`${metadata.namespace}/${name.stream}`];
}
