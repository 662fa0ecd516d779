/** The objects of a release that runs beside the one that serves, as they should be. Pure. */

import { appLabel, processLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { service, type Service } from "../../model/kinds/core/service/service.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import type { ObjectMeta } from "../../model/meta.ts";
import { newObject } from "../../model/kind.ts";
import { appDeployment, appHost, appService, type WantedDeployment } from "./app-objects.ts";
import { besideName, deploymentName, nextTrack, ownedMeta, portName, trackLabel } from "./names.ts";

const track = { [trackLabel]: nextTrack };

export function isBeside({ labels }: ObjectMeta): boolean {
  return labels?.[trackLabel] === nextTrack;
}

/** Web of the release. */
export function besideDeployment(app: App, wanted: Omit<WantedDeployment, "process">): Deployment {
  const { name = "" } = app.metadata;
  const { present } = wanted;
  const made = appDeployment(app, { ...wanted, process: webProcess });
  const { template } = made.spec;
  const labels = { ...template.metadata?.labels, ...track };
  const spec = { ...made.spec, template: { ...template, metadata: { ...template.metadata, labels } } };
  if (present !== undefined) return { ...made, spec };
  const own = ownedMeta(app, besideName(deploymentName(name, webProcess)), {
    [processLabel]: webProcess,
    ...track,
  });
  const selector = { matchLabels: { [appLabel]: name, [processLabel]: webProcess, ...track } };
  const { annotations } = made.metadata;
  return newObject<Deployment>(deployment, { ...own, annotations }, { spec: { ...spec, selector } });
}

export function besideService(app: App): Service {
  const { name = "" } = app.metadata;
  const { spec } = appService(app);
  const selector = { [appLabel]: name, [processLabel]: webProcess, ...track };
  return newObject<Service>(service, ownedMeta(app, besideName(name), track), {
    spec: { ...spec, selector },
  });
}

export function previewHost(app: App, domain: string): string {
  const named = { ...app, metadata: { ...app.metadata, name: besideName(app.metadata.name ?? "") } };
  return appHost(named, domain);
}

/** Over HTTPS as the app's own route is, with a certificate of the platform's. */
export function previewRoute(app: App, domain: string, own?: Route): Route {
  const name = besideName(app.metadata.name ?? "");
  const tls = own?.spec.tls;
  return newObject<Route>(route, ownedMeta(app, name, track), {
    spec: {
      host: previewHost(app, domain),
      to: { kind: "Service", name, weight: 100 },
      port: { targetPort: portName },
      ...(tls === undefined || tls.termination === "passthrough"
        ? {}
        : {
            tls: {
              termination: "edge" as const,
              insecureEdgeTerminationPolicy: tls.insecureEdgeTerminationPolicy,
            },
          }),
    },
  });
}
