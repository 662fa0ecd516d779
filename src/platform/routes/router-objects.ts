/** The objects that the router follows. */

import type { Client } from "../../client/client.ts";
import { Informer } from "../../client/informer.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { configMap } from "../../model/kinds/core/configmap/configmap.ts";
import { pagesLabel } from "../../model/kinds/route/route/pages.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { service } from "../../model/kinds/core/service/service.ts";
import { endpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { ingress } from "../../model/kinds/networking/ingress/ingress.ts";
import { ingressClass } from "../../model/kinds/networking/ingressclass/ingressclass.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import type { RouteObjects } from "./route-table.ts";

export interface Given {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

export function followObjects(given: Given) {
  const routes = new Informer<Route>({ ...given, kind: route });
  const services = new Informer({ ...given, kind: service });
  const slices = new Informer({ ...given, kind: endpointSlice });
  const ingresses = new Informer({ ...given, kind: ingress });
  const classes = new Informer({ ...given, kind: ingressClass });
  const secrets = new Informer({ ...given, kind: secret, fieldSelector: "type=kubernetes.io/tls" });
  const pages = new Informer({ ...given, kind: configMap, labelSelector: pagesLabel });
  const informers = [routes, services, slices, ingresses, classes, secrets, pages];
  return {
    routes,
    secrets,
    read: (): RouteObjects => ({
      routes: routes.list(),
      services: services.list(),
      slices: slices.list(),
      ingresses: ingresses.list(),
      classes: classes.list(),
      secrets: secrets.list(),
      pages: pages.list(),
    }),
    /** Until the signal aborts. */
    run: async (signal: AbortSignal): Promise<void> => {
      await Promise.all(informers.map((informer) => informer.run(signal)));
    },
    waitForSync: async (signal: AbortSignal): Promise<void> => {
      await Promise.all(informers.map((informer) => informer.waitForSync(signal)));
    },
    /** Returns the way to end it. */
    onChange: (handler: () => void): (() => void) => {
      const ends = informers.map((informer) => informer.onChange(handler));
      return () => ends.forEach((end) => end());
    },
  };
}
