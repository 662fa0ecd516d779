import { describe, expect, it } from "vitest";
import { resourcesOfApp, strategyOfApp } from "./app-strategy.ts";

describe("the strategy of an app's builds", () => {
  it("finds out what to do unless the app says it", () => {
    expect(strategyOfApp(undefined)).toEqual({ type: "Nagi" });
    expect(strategyOfApp({ buildpacks: [{ url: "own" }] }, { noCache: true })).toEqual({
      type: "Nagi",
      nagiStrategy: { buildpacks: [{ url: "own" }], noCache: true },
    });
    // Cleared: app.json counts no more.
    expect(strategyOfApp({ buildpacks: [] })).toEqual({ type: "Nagi", nagiStrategy: { buildpacks: [] } });
  });

  it.each<[string, object]>([
    ["perl:5", { kind: "ImageStreamTag", name: "perl:5" }],
    ["perl", { kind: "ImageStreamTag", name: "perl:latest" }],
    ["perl@sha256:ab", { kind: "ImageStreamImage", name: "perl@sha256:ab" }],
    ["localhost/perl", { kind: "DockerImage", name: "localhost/perl" }],
  ])("takes the builder %s, whatever else is said", (image, from) => {
    const spec = { source: { builder: { image, incremental: true } }, buildpacks: [{ url: "own" }] };
    const env = [{ name: "A", value: "1" }];
    expect(strategyOfApp(spec, { env })).toEqual({
      type: "Source",
      sourceStrategy: { from, incremental: true, env },
    });
  });
});

it("limits an app's builds only where the app says so", () => {
  expect(resourcesOfApp(undefined)).toBeUndefined();
  expect(resourcesOfApp({ source: { limits: {} } })).toBeUndefined();
  expect(resourcesOfApp({ source: { limits: { memory: "2Gi", disk: "5Gi" } } })).toEqual({
    limits: { memory: "2Gi", "ephemeral-storage": "5Gi" },
  });
});
