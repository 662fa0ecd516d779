/** Carries out one step of a rebuild: looks, starts a build, or notes what became of an app. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import { createBuild } from "../../client/create-build.ts";
import { listStandingApps } from "../../client/standing-apps.ts";
import type { Clock } from "../../lib/clock.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import type { RebuildStatus } from "../../model/kinds/nagi/platform/platform.ts";
import { release as releaseKind } from "../../model/kinds/nagi/release/release.ts";
import { strategyOfApp } from "../../model/kinds/nagi/app/app-strategy.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { controllerRef } from "../../model/meta.ts";
import { appsToRebuild, attemptOf, nextAppStep, rebuildAnnotation, withApp } from "./rebuild-plan.ts";

export interface RebuildOptions {
  readonly client: Client;
  readonly clock: Clock;
}

/** The list of apps is made once, when the new image is there. */
export async function beginApps(
  rebuild: RebuildStatus,
  names: ReadonlySet<string>,
  { client }: RebuildOptions,
): Promise<RebuildStatus> {
  if (rebuild.apps !== undefined) return { ...rebuild, phase: "Apps", message: undefined };
  const { apps, left } = appsToRebuild(await listStandingApps(client), names);
  const message = left.length === 0 ? undefined : `left on the version that they name: ${left.join(", ")}`;
  return { ...rebuild, apps, phase: "Apps", message };
}

/** The rebuild after its next step. */
export async function stepApps(
  platform: string,
  rebuild: RebuildStatus,
  { client, clock }: RebuildOptions,
): Promise<RebuildStatus> {
  const app = rebuild.apps?.find(({ phase }) => phase !== "Done");
  if (app === undefined) return { ...rebuild, phase: "Complete" };
  const { namespace, name } = app;
  const [standing, builds, releases] = await Promise.all([
    listStandingApps(client),
    client.list(buildKind, { namespace, labelSelector: `${appLabel}=${name}` }),
    client.list(releaseKind, { namespace, fieldSelector: `spec.app=${name}` }),
  ]);
  const found = standing.find(
    ({ app: { metadata } }) => metadata.namespace === namespace && metadata.name === name,
  );
  const attempt = attemptOf(platform, rebuild);
  const step = nextAppStep(app, {
    standing: found,
    builds: builds.items,
    releases: releases.items,
    attempt,
    nowMs: clock.now(),
  });
  if (step.action !== "start" || found === undefined)
    return step.action === "start" ? rebuild : withApp(rebuild, step.app);
  const made = await createBuild(
    client,
    name,
    againOn(platform, { app: found.app, source: step.source, attempt }),
  );
  const startedAt = made.metadata.creationTimestamp;
  return withApp(rebuild, { namespace, name, phase: "Building", build: made.metadata.name, startedAt });
}

interface Again {
  readonly app: App;
  readonly source: Build;
  readonly attempt: string;
}

/** The same source once more. */
function againOn(platform: string, { app, source, attempt }: Again): Build {
  const { "openshift.io/build.number": _number, ...kept } = source.metadata.annotations ?? {};
  // What is not of a BuildConfig is built as the app says by now.
  const { env } = source.spec.strategy.nagiStrategy ?? {};
  const strategy = source.status?.config === undefined ? { strategy: strategyOfApp(app.spec, { env }) } : {};
  return newObject<Build>(
    buildKind,
    {
      namespace: app.metadata.namespace,
      labels: source.metadata.labels,
      annotations: { ...kept, [rebuildAnnotation]: attempt },
      ownerReferences: [controllerRef(app)],
    },
    { spec: { ...source.spec, ...strategy, triggeredBy: [{ message: `Platform ${platform} was rebuilt` }] } },
  );
}
