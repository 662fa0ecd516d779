import { expect, test } from "vitest";
import type { Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import type { PodTemplateSpec } from "../../model/kinds/core/pod/pod-spec.ts";
import { app as appKind, type App, type AppSpec } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import { chooseStrategy, markedWith, recreateAnnotation } from "./deploy-strategy.ts";

const app = (strategy?: NonNullable<AppSpec["deploy"]>["strategy"]): App =>
  newObject<App>(appKind, { name: "shop" }, { spec: strategy === undefined ? {} : { deploy: { strategy } } });
const plain: PodTemplateSpec = { spec: { containers: [] } };
const withVolume: PodTemplateSpec = {
  spec: { containers: [], volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] },
};
const present = (strategy: Deployment["spec"]["strategy"], recreate?: string): Deployment =>
  ({
    metadata: { annotations: recreate === undefined ? {} : { [recreateAnnotation]: recreate } },
    spec: { strategy },
  }) as Deployment;

const rolling = { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } };
const recreate = { type: "Recreate" } as const;

test.each([
  ["rolls where nothing is said", app(), plain, undefined, rolling, undefined],
  ["recreates where the app says so", app("recreate"), plain, present(undefined), recreate, "strategy"],
  [
    "recreates what has a volume, whatever the app says",
    app("rolling"),
    withVolume,
    undefined,
    recreate,
    "volume",
  ],
  ["rolls again when the volume is gone", app(), plain, present(recreate, "volume"), rolling, undefined],
  [
    "rolls again when the app says so",
    app("rolling"),
    plain,
    present(recreate, "strategy"),
    rolling,
    undefined,
  ],
  ["leaves what somebody else wrote", app(), plain, present(recreate), recreate, undefined],
  ["but not against the app's word", app("rolling"), plain, present(recreate), rolling, undefined],
] as const)("%s", (...row) => {
  const [, given, template, found, strategy, reason] = row;
  const chosen = chooseStrategy(given, template, found);
  expect(chosen).toEqual({ strategy, recreate: reason });
  expect(markedWith(chosen, found?.metadata.annotations)[recreateAnnotation]).toBe(reason);
});
