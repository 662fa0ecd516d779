/** The objects of a release that runs beside the one that serves, as they should be. Pure. */

import { appLabel, processLabel, releaseLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { service, type Service } from "../../model/kinds/core/service/service.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import {
  routeSettings,
  settingAnnotations,
  type SettingName,
} from "../../model/kinds/route/route/route-settings.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import type { ObjectMeta } from "../../model/meta.ts";
import { newObject } from "../../model/kind.ts";
import { appDeployment, appHost, appService, type WantedDeployment } from "./app-objects.ts";
import { besideDeploymentName, besideName, nextTrack, ownedMeta, portName, trackLabel } from "./names.ts";
import { deployedAnnotation } from "./rollout.ts";

const track = { [trackLabel]: nextTrack };

export function isBeside({ labels }: ObjectMeta): boolean {
  return labels?.[trackLabel] === nextTrack;
}

/**
 * Web of the release. Its pods are what those of the main deployment would be, so that it can take them over; by their release
 * this one tells them from others.
 */
export function besideDeployment(
  app: App,
  wanted: Pick<WantedDeployment, "target" | "present" | "replicas">,
): Deployment {
  const { name = "" } = app.metadata;
  const made = appDeployment(app, { ...wanted, process: webProcess });
  if (wanted.present !== undefined) return withSelected(made);
  const own = ownedMeta(app, besideDeploymentName(name), { [processLabel]: webProcess, ...track });
  const labels = { [appLabel]: name, [processLabel]: webProcess };
  const selector = { matchLabels: { ...labels, [releaseLabel]: `v${wanted.target.spec.version}` } };
  const { annotations } = made.metadata;
  return newObject<Deployment>(deployment, { ...own, annotations }, { spec: { ...made.spec, selector } });
}

/** Of a selector, which cannot change, the template has all: one of an older Nagi's names the track too. */
function withSelected(made: Deployment): Deployment {
  const { selector, template } = made.spec;
  const labels = { ...template.metadata?.labels, ...selector.matchLabels };
  const metadata = { ...template.metadata, labels };
  return { ...made, spec: { ...made.spec, template: { ...template, metadata } } };
}

/** Whether web of this release runs in the deployment. */
export function isBesideOf({ metadata }: Deployment, release: Release): boolean {
  return metadata.annotations?.[deployedAnnotation] === release.metadata.name;
}

/** Leads to the pods of that deployment. */
export function besideService(app: App, { spec: { selector } }: Deployment): Service {
  const { name = "" } = app.metadata;
  const { spec } = appService(app);
  return newObject<Service>(service, ownedMeta(app, besideName(name), track), {
    spec: { ...spec, selector: selector.matchLabels },
  });
}

export function previewHost(app: App, domain: string): string {
  const named = { ...app, metadata: { ...app.metadata, name: besideName(app.metadata.name ?? "") } };
  return appHost(named, domain);
}

/** On a preview's route: the annotations that it has of the app's own route. */
const followedAnnotation = "nagi.dev/followed";

/** All but where requests are sent on to: then the preview would not be seen. */
const followed = (Object.keys(routeSettings) as SettingName[]).filter((name) => name !== "redirect");

/** Over HTTPS as the app's own route is, with a certificate of the platform's, and behind the same guards. */
export function previewRoute(app: App, domain: string, own?: Route): Route {
  const name = besideName(app.metadata.name ?? "");
  const tls = own?.spec.tls;
  const annotations = own === undefined ? {} : markedSettings(own);
  return newObject<Route>(
    route,
    { ...ownedMeta(app, name, track), annotations },
    {
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
    },
  );
}

function markedSettings(own: Route): Readonly<Record<string, string>> {
  const settings = settingAnnotations(own, followed);
  const names = Object.keys(settings);
  return names.length === 0 ? {} : { ...settings, [followedAnnotation]: names.join(" ") };
}

/**
 * What the preview's annotations are to become when its settings are not those of the app's own route; undefined when they are.
 * What somebody has set on the preview alone stays.
 */
export function followedChanges(
  { metadata: { annotations = {} } }: Route,
  own: Route,
): Readonly<Record<string, string | null>> | undefined {
  const wanted = markedSettings(own);
  const before = (annotations[followedAnnotation] ?? "").split(" ").filter(Boolean);
  const gone = [...before, followedAnnotation].filter((name) => !(name in wanted) && name in annotations);
  const changed = Object.entries(wanted).filter(([name, value]) => annotations[name] !== value);
  if (gone.length + changed.length === 0) return undefined;
  return Object.fromEntries([...gone.map((name) => [name, null] as const), ...changed]);
}
