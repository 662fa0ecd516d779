/** Apps, releases and deployments as the plan of a deploy gets them, and what it says in short. */

import type { Deployment } from "../../../model/kinds/apps/deployment/deployment.ts";
import { pod, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { app as appKind, type App } from "../../../model/kinds/nagi/app/app.ts";
import type { Release, ReleaseStatus } from "../../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../../model/kind.ts";
import { appDeployment, newRelease } from "../app-objects.ts";
import { planWishedDeploy, type WishedInput } from "../cutover-plan.ts";
import { deployWishAnnotation } from "../deploy-wish.ts";
import type { Phase } from "../rollout.ts";

export const nowMs = Date.parse("2026-03-01T12:00:00Z");
export const nowIso = new Date(nowMs).toISOString();
export const later = "2026-03-01T12:05:00.000Z";

export const app = (wish?: string): App =>
  newObject<App>(
    appKind,
    {
      name: "shop",
      uid: "u",
      ...(wish === undefined ? {} : { annotations: { [deployWishAnnotation]: wish } }),
    },
    { spec: {} },
  );

export function release(
  version: number,
  phase: Phase,
  more: Partial<ReleaseStatus & { hold: boolean; isCanary: boolean }> = {},
): Release {
  const { hold = version > 1, isCanary = false, ...status } = more;
  const spec = {
    app: "shop",
    version,
    image: "i",
    processes: { web: {} },
    configSecret: `s${version}`,
    hold,
    ...(isCanary && { canary: true }),
  };
  const made = newRelease(app(), { spec, config: {}, annotations: {} });
  return { ...made, status: { phase, ...status } };
}

export function running(of: Release, available = 1): Deployment {
  const made = appDeployment(app(), { target: of, process: "web" });
  const status = { observedGeneration: 1, availableReplicas: available, updatedReplicas: 1, replicas: 1 };
  return { ...made, metadata: { ...made.metadata, generation: 1 }, status };
}

export const besidePod = (version: number): Pod => aPod(version, "shop-web--next");
export const aPod = (version: number, of: string): Pod =>
  newObject<Pod>(
    pod,
    {
      name: `${of}-${version}-x`,
      labels: { "nagi.dev/process": "web", "nagi.dev/release": `v${version}` },
    },
    { spec: { containers: [] } },
  );

export const input = (given: Partial<WishedInput>): WishedInput => ({
  app: app(),
  releases: [],
  deployments: [],
  pods: [],
  beside: undefined,
  previewUrl: "http://shop--next.localhost",
  nowMs,
  metrics: [],
  isServed: () => true,
  isPreviewed: () => true,
  ...given,
});

export const plan = (given: Partial<WishedInput>) => {
  const found = planWishedDeploy(input(given));
  const name = (each: Release | undefined) => (each === undefined ? undefined : `v${each.spec.version}`);
  return {
    runs: [name(found.webTarget ?? found.target), name(found.beside)],
    serves: name(found.serving),
    ...(found.canaryWeight === undefined ? {} : { weight: found.canaryWeight }),
    ...(found.adopts === undefined ? {} : { adopts: found.adopts }),
    changes: found.changes.map(({ release: { spec }, phase, standbyUntil }) =>
      [`v${spec.version}`, phase, ...(standbyUntil === undefined ? [] : [String(standbyUntil)])].join(" "),
    ),
    ...(found.settled === undefined ? {} : { settled: found.settled.problem ?? "done" }),
  };
};

export const v1 = release(1, "Live");
export const held = release(2, "Held");
