import { describe, expect, it } from "vitest";
import type { StandingApp } from "../../client/standing-apps.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import type { RebuildStatus, RebuiltApp } from "../../model/kinds/nagi/platform/platform.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import {
  appsToRebuild,
  attemptOf,
  continued,
  nextAppStep,
  rebuildAnnotation,
  withApp,
  type AppFacts,
} from "./rebuild-plan.ts";

const requestedAt = "2026-01-01T00:00:00Z";
const rebuild: RebuildStatus = { requestedAt, phase: "Apps" };
const attempt = attemptOf("python", rebuild);
const shop: RebuiltApp = { namespace: "default", name: "shop", phase: "Waiting" };

function appNamed(name: string, spec: App["spec"] = {}): App {
  return newObject<App>(appKind, { namespace: "default", name }, { spec });
}

function buildNamed(name: string, status: Build["status"], of?: string): Build {
  const annotations = of === undefined ? {} : { [rebuildAnnotation]: of };
  const metadata = { namespace: "default", name, annotations, creationTimestamp: "2026-01-01T00:00:01Z" };
  return newObject<Build>(buildKind, metadata, { spec: { strategy: { type: "Nagi" } }, status });
}

function releaseOf(build: string, status: Release["status"]): Release {
  const spec = { app: "shop", version: 2, image: "i", processes: {}, configSecret: "s", build };
  return newObject<Release>(releaseKind, { namespace: "default", name: "shop-v2" }, { spec, status });
}

const old = buildNamed("shop-1", { phase: "Complete", detected: { platform: "python" } });

function step(facts: Partial<AppFacts>, spec: App["spec"] = {}) {
  const standing: StandingApp = { app: appNamed("shop", spec), build: facts.builds?.at(-1) ?? old };
  const nowMs = Date.parse("2026-01-01T00:10:00Z");
  return nextAppStep(shop, { standing, builds: [], releases: [], attempt, nowMs, ...facts });
}

describe("which apps a rebuild is about", () => {
  const built = (platform: string, runtimePlatform?: string): Build =>
    buildNamed("x-1", { phase: "Complete", detected: { platform, runtimePlatform } });

  it("takes what was built on the platform or runs on it, but leaves what names a version", () => {
    const standing: StandingApp[] = [
      { app: appNamed("a"), build: built("python") },
      { app: appNamed("b"), build: built("python"), pin: { name: "python", version: 1 } },
      { app: appNamed("c"), build: built("python"), pin: { name: "python" } },
      { app: appNamed("d"), build: built("go", "python") },
      { app: appNamed("e"), build: built("ruby") },
      { app: appNamed("f"), build: undefined },
    ];
    const { apps, left } = appsToRebuild(standing, new Set(["python"]));
    expect(apps.map(({ name }) => name)).toEqual(["a", "c", "d"]);
    expect(left).toEqual(["b (python:v1)"]);
  });
});

describe("an app whose turn it is", () => {
  it("is built once, from the source of its newest build", () => {
    expect(step({})).toEqual({ action: "start", source: old });
    const running = buildNamed("shop-2", { phase: "Running" }, attempt);
    expect(step({ builds: [running] })).toMatchObject({
      action: "wait",
      app: { phase: "Building", build: "shop-2" },
    });
  });

  it("is built again when the platform died in the middle, not when the build failed", () => {
    const interrupted = buildNamed("shop-2", { phase: "Error", reason: "BuildInterrupted" }, attempt);
    expect(step({ builds: [interrupted] })).toMatchObject({ action: "start" });
    const failed = buildNamed("shop-2", { phase: "Failed", message: "no such package" }, attempt);
    expect(step({ builds: [failed] })).toMatchObject({
      action: "end",
      app: { phase: "Failed", message: "build shop-2: no such package" },
    });
  });

  it("is not done before its release serves", () => {
    const builds = [buildNamed("shop-2", { phase: "Complete" }, attempt)];
    expect(step({ builds })).toMatchObject({ action: "wait", app: { phase: "Releasing" } });
    const live = [releaseOf("shop-2", { phase: "Live" })];
    expect(step({ builds, releases: live })).toMatchObject({
      app: { phase: "Done", message: "release v2 is live" },
    });
    const failed = [releaseOf("shop-2", { phase: "Failed", message: "it crashed" })];
    expect(step({ builds, releases: failed })).toMatchObject({
      app: { phase: "Failed", message: "release v2: it crashed" },
    });
  });

  it("does not wait for a release that does not come", () => {
    const builds = [buildNamed("shop-2", { phase: "Complete" }, attempt)];
    expect(step({ builds }, { image: "other:1" })).toMatchObject({ app: { phase: "Done" } });
    const newer = buildNamed("shop-3", { phase: "Complete" });
    expect(step({ builds: [...builds, newer] })).toMatchObject({ app: { phase: "Done" } });
    const nowMs = Date.parse("2026-01-01T02:00:00Z");
    expect(step({ builds, nowMs })).toMatchObject({ app: { phase: "Failed" } });
    expect(step({ standing: undefined })).toMatchObject({ app: { phase: "Done" } });
  });
});

it("stops at the first failure, and goes on there with another try", () => {
  const apps: RebuiltApp[] = [
    { ...shop, name: "done", phase: "Done" },
    { ...shop, phase: "Building" },
    { ...shop, name: "later" },
  ];
  const stopped = withApp({ ...rebuild, apps }, { ...shop, phase: "Failed", message: "why" });
  expect(stopped).toMatchObject({ phase: "Failed", message: "app shop: why; not rebuilt yet: later" });
  const again = continued(stopped, "2026-01-02T00:00:00Z");
  expect(again.apps?.map(({ phase }) => phase)).toEqual(["Done", "Waiting", "Waiting"]);
  expect(attemptOf("python", again)).not.toBe(attempt);
});
