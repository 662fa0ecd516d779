import { expect, test } from "vitest";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import { appDeployment, newRelease } from "./app-objects.ts";

const readiness = { tcpSocket: { port: 5000 } };

test.each<[string, NonNullable<App["spec"]>, number | undefined]>([
  ["worker", {}, 3],
  ["web", {}, undefined],
  ["worker", { processes: { worker: { checks: { readiness } } } }, undefined],
  ["worker", { processes: { worker: { checks: { liveness: readiness } } } }, 3],
  ["worker", { startTimeoutSeconds: 2 }, 1],
  ["worker", { startTimeoutSeconds: 1 }, undefined],
])("an instance of %s of an app with %j counts after %s seconds", (process, spec, seconds) => {
  const app = newObject<App>(appKind, { name: "shop", namespace: "default", uid: "u" }, { spec });
  const processes = { web: {}, worker: {} };
  const content = { app: "shop", version: 1, image: "i", processes, configSecret: "shop-v1" };
  const target = newRelease(app, { spec: content, config: {}, annotations: {} });
  const present = appDeployment(app, { target, process });
  expect(present.spec.minReadySeconds).toBe(seconds);
  expect(appDeployment(app, { target, process, present })).toEqual(present);
  const more = { ...present, spec: { ...present.spec, minReadySeconds: 30 } };
  expect(appDeployment(app, { target, process, present: more }).spec.minReadySeconds).toBe(
    Math.min(30, (spec.startTimeoutSeconds ?? 120) - 1) || undefined,
  );
  const asked = { ...app, spec: { ...spec, processes: { [process]: { checks: { readiness } } } } };
  expect(appDeployment(asked, { target, process, present }).spec.minReadySeconds).toBeUndefined();
});
