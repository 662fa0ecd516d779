/** The apps' controller: wakes for an app whenever something of it changes. */

import { configName } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import { runController, type ControllerWatch } from "../../client/controller.ts";
import { EventRecorder } from "../../client/event-recorder.ts";
import type { Informer } from "../../client/informer.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import type { HorizontalPodAutoscaler } from "../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import type { Event } from "../../model/kinds/core/event/event.ts";
import type { RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { keyOf, refOf, type KubeObject } from "../../model/meta.ts";
import type { RouterPorts } from "./app-url.ts";
import { AppCaches, appKeysOf } from "./app-caches.ts";
import { AppReconciler } from "./app-reconciler.ts";

import type { MissingImage } from "./release-maker.ts";

export type { MissingImage };

const workers = 4;

export interface AppsOptions {
  readonly client: Client;
  /** Apps answer at `APP.domain`. */
  readonly domain: string;
  /** Of the router, for the URLs that are shown. */
  readonly ports: RouterPorts;
  /** Why an image cannot be had any more: asked before a rollback to it. */
  readonly missingImage?: MissingImage | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Runs until the signal aborts. */
export async function runApps(options: AppsOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, domain, ports, missingImage } = options;
  const log = options.log.child({ component: "apps" });
  const caches = new AppCaches({ client, clock, log });
  const events = new EventRecorder({ client, component: "nagi-apps", clock, log });
  const reconciler = new AppReconciler({ client, caches, events, clock, domain, ports, missingImage });
  const controller = runController(
    {
      name: "apps",
      client,
      watches: [
        watch(caches.apps, (object) => [keyOf(refOf(object))]),
        ...[
          caches.releases,
          caches.deployments,
          caches.pods,
          caches.builds,
          caches.routes,
          caches.services,
          caches.cronJobs,
        ].map((informer) => watch(informer as unknown as Informer<KubeObject>, appKeysOf)),
        watch(caches.autoscalers, (each) => caches.scaledKeysOf(each as HorizontalPodAutoscaler)),
        watch(caches.routeMetrics, (each) => caches.measuredKeysOf(each as RouteMetrics)),
        watch(caches.secrets, configKeysOf),
        watch(caches.unhealthy, (event) => caches.unhealthyKeysOf(event as Event)),
        watch(caches.streams, (stream) =>
          caches.followersOf(keyOf(refOf(stream))).map((each) => keyOf(refOf(each))),
        ),
      ],
      reconcile: (key) => reconciler.reconcile(key),
      workers,
      clock,
      log,
    },
    signal,
  );
  await Promise.all([caches.run(signal), controller]);
}

function watch<T extends KubeObject>(
  informer: Informer<T>,
  keysOf: (object: KubeObject) => Iterable<string>,
): ControllerWatch {
  return { informer: informer as unknown as Informer<KubeObject>, keysOf };
}

/** The app whose config vars the secret would hold, by its name: users may have made it themselves. */
function configKeysOf({ metadata }: KubeObject): string[] {
  const suffix = configName("");
  const { name = "", namespace } = metadata;
  return name.endsWith(suffix) ? [`${namespace}/${name.slice(0, -suffix.length)}`] : [];
}
