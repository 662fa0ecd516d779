import { describe, expect, it } from "vitest";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build, type BuildStatus } from "../../model/kinds/build/build/build.ts";
import { recordedStatus } from "../../model/kinds/build/build-record.ts";
import { buildConfig, type BuildConfig } from "../../model/kinds/build/buildconfig/buildconfig.ts";
import { imagesAnnotation, numberAnnotation, policyLabel } from "../../model/kinds/build/new-build.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { plannedPrunes } from "./plan-history.ts";
import { planRuns } from "./plan-runs.ts";
import { plannedCauses, triggerLoop } from "./plan-trigger.ts";

type Spec = Partial<BuildConfig["spec"]>;

function configOf(name: string, spec: Spec, status: BuildConfig["status"] = { lastVersion: 0 }): BuildConfig {
  const whole = { strategy: { type: "Docker" as const }, ...spec };
  return newObject<BuildConfig>(buildConfig, { namespace: "ns", name }, { spec: whole, status });
}

function buildOf(number: number, status: BuildStatus = {}, policy = "Serial", images?: object): Build {
  const annotations = {
    [numberAnnotation]: String(number),
    ...(images === undefined ? {} : { [imagesAnnotation]: JSON.stringify(images) }),
  };
  const metadata = { namespace: "ns", name: `app-${number}`, labels: { [policyLabel]: policy }, annotations };
  const output = { to: { kind: "ImageStreamTag", name: "app:latest" } };
  return newObject<Build>(buildKind, metadata, { spec: { strategy: {}, output }, status });
}

function streamOf(tag: string, ...digests: string[]): (key: string) => ImageStream | undefined {
  const items = digests.map((image, index) => ({
    created: new Date(Date.UTC(2026, 0, 2, 0, digests.length - index)).toISOString(),
    image,
    dockerImageReference: `registry/${image}`,
    generation: 1,
  }));
  const status = { tags: [{ tag, items }] };
  const stream = newObject<ImageStream>(imageStream, { namespace: "ns", name: "base" }, { status });
  return (key) => (key === "ns/base" || key === "ns/app" ? stream : undefined);
}

const follows = (name: string, paused = false): NonNullable<Spec["triggers"]>[number] => ({
  type: "ImageChange",
  imageChange: { from: { kind: "ImageStreamTag", name }, paused },
});
const names = (builds: readonly Build[]): string[] => builds.map(({ metadata }) => metadata.name ?? "");

describe("plannedCauses", () => {
  const triggers: Spec["triggers"] = [{ type: "ConfigChange" }, follows("base:latest")];

  it("makes the first build once, for the configuration and the image at once", () => {
    const config = configOf("app", { triggers });
    expect(plannedCauses(config, streamOf("latest", "one"))).toMatchObject([
      { message: "Build configuration change" },
      {
        message: "Image change",
        imageChangeBuild: { imageID: "registry/one", fromRef: { name: "base:latest" } },
      },
    ]);
    const status = recordedStatus(config, [buildOf(1, {}, "Serial", { "ns/base:latest": "registry/one" })]);
    expect(status).toMatchObject({
      lastVersion: 1,
      imageChangeTriggers: [{ lastTriggeredImageID: "registry/one" }],
    });
    const recorded = { ...config, status };
    expect(plannedCauses(recorded, streamOf("latest", "one"))).toEqual([]);
    expect(plannedCauses(recorded, streamOf("latest", "two", "one"))).toMatchObject([
      { message: "Image change" },
    ]);
    expect(plannedCauses(recorded, streamOf("other", "two"))).toEqual([]);
  });

  it("leaves a paused trigger alone, and one whose tag is not there", () => {
    const config = configOf("app", { triggers: [follows("base:latest", true), follows("none:latest")] });
    expect(plannedCauses(config, streamOf("latest", "one"))).toEqual([]);
  });
});

describe("recordedStatus", () => {
  it("knows a tag that went there and back, and forgets triggers that are no more", () => {
    const config = configOf("app", { triggers: [follows("base:latest")] });
    const noted = (number: number, image: string): Build =>
      buildOf(number, {}, "Serial", { "ns/base:latest": image, "ns/gone:latest": "x" });
    const status = recordedStatus(config, [noted(3, "one"), noted(1, "one"), noted(2, "two")]);
    expect(status.lastVersion).toBe(3);
    expect(status.imageChangeTriggers).toMatchObject([
      { from: { namespace: "ns", name: "base:latest" }, lastTriggeredImageID: "one" },
    ]);
    expect(recordedStatus({ ...config, status }, [noted(2, "two")])).toEqual(status);
  });
});

describe("triggerLoop", () => {
  const between = (from: string, to: string, paused = false): BuildConfig =>
    configOf(`${from}-to-${to}`, {
      output: { to: { kind: "ImageStreamTag", name: `${to}:latest` } },
      triggers: [follows(`${from}:latest`, paused)],
    });

  it.each([
    [
      [between("a", "b"), between("b", "c"), between("c", "a")],
      ["a-to-b", "b-to-c", "c-to-a", "a-to-b"],
    ],
    [[between("a", "b"), between("b", "c"), between("b", "d"), between("c", "d")], undefined],
    [[between("a", "b"), between("b", "a", true)], undefined],
    [[between("b", "c"), between("c", "d"), between("d", "c")], undefined],
  ])("case %#", (all, expected) => {
    expect(triggerLoop(all[0] ?? between("", ""), all)).toEqual(expected);
  });
});

describe("planRuns", () => {
  const pending: BuildStatus = { phase: "Pending" };
  const running: BuildStatus = { phase: "Running" };
  const done: BuildStatus = { phase: "Complete" };

  it.each<[string, Build[], string[], string[]]>([
    ["Serial runs the lowest number", [buildOf(10), buildOf(9), buildOf(1, done)], ["app-9"], []],
    ["Serial waits for what runs", [buildOf(2), buildOf(1, running)], [], []],
    ["Serial waits for what is queued", [buildOf(2), buildOf(1, pending)], [], []],
    [
      "Serial goes past a cancelled one",
      [buildOf(2), buildOf(1, { phase: "New", cancelled: true })],
      ["app-2"],
      [],
    ],
    [
      "Parallel runs all",
      [buildOf(1, running, "Parallel"), buildOf(2, {}, "Parallel"), buildOf(3, {}, "Parallel")],
      ["app-2", "app-3"],
      [],
    ],
    ["Parallel waits for a serial one", [buildOf(1, running), buildOf(2, {}, "Parallel")], [], []],
    [
      "Serial waits for parallel ones, and those after it",
      [buildOf(1, {}, "Parallel"), buildOf(2), buildOf(3, {}, "Parallel")],
      ["app-1"],
      [],
    ],
    [
      "SerialLatestOnly keeps the newest",
      [1, 2, 3].map((number) => buildOf(number, {}, "SerialLatestOnly")),
      ["app-3"],
      ["app-1", "app-2"],
    ],
    [
      "SerialLatestOnly lets what runs end",
      [
        buildOf(1, running, "SerialLatestOnly"),
        buildOf(2, {}, "SerialLatestOnly"),
        buildOf(3, {}, "SerialLatestOnly"),
      ],
      [],
      ["app-2"],
    ],
  ])("%s", (_name, builds, start, superseded) => {
    const plan = planRuns(builds);
    expect(names(plan.start)).toEqual(start);
    expect(plan.supersede.map(({ build }) => build.metadata.name)).toEqual(superseded);
  });
});

describe("plannedPrunes", () => {
  const limits = { successfulBuildsHistoryLimit: 1, failedBuildsHistoryLimit: 0 };
  const complete = (number: number, digest?: string, extra: BuildStatus = {}): Build =>
    buildOf(number, {
      phase: "Complete",
      completionTimestamp: `2026-01-03T00:00:0${number}Z`,
      output: { to: { imageDigest: digest } },
      ...extra,
    });

  it("forgets the oldest of each kind of end", () => {
    const builds = [
      complete(1, "one"),
      complete(2, "two"),
      buildOf(3, { phase: "Failed" }),
      buildOf(4, { phase: "Running" }),
      buildOf(5, { phase: "Cancelled" }),
    ];
    const streams = streamOf("latest", "two", "one");
    expect(names(plannedPrunes(configOf("app", limits), builds, streams))).toEqual([
      "app-1",
      "app-5",
      "app-3",
    ]);
    expect(plannedPrunes(configOf("app", {}), builds, streams)).toEqual([]);
  });

  it("keeps a build until its image is in its stream", () => {
    const none = { ...limits, successfulBuildsHistoryLimit: 0 };
    const unpushed = complete(1);
    const lost = complete(2, undefined, {
      conditions: [{ type: "Pushed", status: "Unknown", reason: "ImageLost" }],
    });
    const builds = [unpushed, lost, complete(3, "three"), complete(4, "four")];
    expect(names(plannedPrunes(configOf("app", none), builds, streamOf("latest", "four")))).toEqual([
      "app-4",
      "app-2",
    ]);
    expect(names(plannedPrunes(configOf("app", none), builds, () => undefined))).toEqual(["app-2"]);
  });

  it("keeps the newest that made an image of an app", () => {
    const none = { ...limits, successfulBuildsHistoryLimit: 0 };
    const mine = [complete(1, "one"), complete(2, "two")].map((build) => ({
      ...build,
      metadata: { ...build.metadata, labels: { "nagi.dev/app": "app" } },
    }));
    expect(names(plannedPrunes(configOf("app", none), mine, streamOf("latest", "two", "one")))).toEqual([
      "app-1",
    ]);
  });
});
