/** The controller on objects in memory, killed between any two of its writes. */

import { describe, expect, it } from "vitest";
import { buildsOf, cloneBuild, startBuild } from "../../client/start-build.ts";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind } from "../../model/kinds/build/build/build.ts";
import { buildConfig, type BuildConfig } from "../../model/kinds/build/buildconfig/buildconfig.ts";
import { event as eventKind } from "../../model/kinds/core/event/event.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { refOf } from "../../model/meta.ts";
import { runBuildConfigs } from "./build-configs.ts";

const ref = { namespace: "default", name: "app" };
const patient = { timeout: 20_000 } as const;

/** The image of base:latest, by a letter. */
async function moveTag(client: FakeClient, letter: string): Promise<void> {
  const image = `sha256:${letter.repeat(64)}`;
  const item = {
    created: "2026-01-01T00:00:00Z",
    image,
    dockerImageReference: `registry/base@${image}`,
    generation: 1,
  };
  const status = { tags: [{ tag: "latest", items: [item] }] };
  const stream = newObject<ImageStream>(imageStream, { ...ref, name: "base" }, { status });
  const found = await client.get(imageStream, refOf(stream)).catch(() => undefined);
  if (found === undefined) client.seed(stream);
  else await client.update(imageStream, { ...found, status }, { subresource: "status" });
}

function seedConfig(client: FakeClient, spec: Partial<BuildConfig["spec"]> = {}): void {
  const strategy = {
    type: "Docker" as const,
    dockerStrategy: { from: { kind: "ImageStreamTag", name: "base:latest" } },
  };
  const triggers: BuildConfig["spec"]["triggers"] = [
    { type: "ConfigChange" },
    { type: "ImageChange", imageChange: {} },
  ];
  const whole = {
    source: { dockerfile: "FROM x" },
    strategy,
    triggers,
    runPolicy: "Serial" as const,
    ...spec,
  };
  client.seed(newObject<BuildConfig>(buildConfig, ref, { spec: whole, status: { lastVersion: 0 } }));
}

function start(client: FakeClient): () => Promise<void> {
  const aborter = new AbortController();
  const running = runBuildConfigs({ client, clock: systemClock, log: silentLogger }, aborter.signal);
  return async () => {
    aborter.abort();
    await running;
  };
}

async function names(client: FakeClient): Promise<string[]> {
  return (await buildsOf(client, ref)).map(({ metadata }) => metadata.name ?? "");
}

async function end(client: FakeClient, name: string, phase: "Complete" | "Failed"): Promise<void> {
  const found = await client.get(buildKind, { ...ref, name });
  await client.update(buildKind, { ...found, status: { ...found.status, phase } }, { subresource: "status" });
}

it("builds when the tag is there, once for each place that it moves to", async () => {
  const client = new FakeClient();
  seedConfig(client);
  const stop = start(client);
  await expect
    .poll(async () => (await client.list(eventKind)).items.map(({ message }) => message), patient)
    .toEqual([
      "cannot build app: spec.strategy.dockerStrategy.from: there is no image stream tag base:latest in namespace default",
    ]);
  await moveTag(client, "a");
  await expect.poll(() => names(client), patient).toEqual(["app-1"]);
  await expect
    .poll(async () => (await client.get(buildKind, { ...ref, name: "app-1" })).status, patient)
    .toMatchObject({ phase: "Pending", config: { kind: "BuildConfig", name: "app" } });
  const first = await client.get(buildKind, { ...ref, name: "app-1" });
  expect(first.spec.strategy.dockerStrategy?.from).toEqual({
    kind: "DockerImage",
    name: `registry/base@sha256:${"a".repeat(64)}`,
  });
  expect(first.spec.triggeredBy?.map(({ message }) => message)).toEqual([
    "Build configuration change",
    "Image change",
  ]);
  await moveTag(client, "b");
  await expect.poll(() => names(client), patient).toEqual(["app-1", "app-2"]);
  await end(client, "app-1", "Complete");
  await expect
    .poll(async () => (await client.get(buildKind, { ...ref, name: "app-2" })).status?.phase, patient)
    .toBe("Pending");
  const { status } = await client.get(buildConfig, ref);
  expect(status).toMatchObject({
    lastVersion: 2,
    imageChangeTriggers: [{ lastTriggeredImageID: `registry/base@sha256:${"b".repeat(64)}` }],
  });
  await stop();
});

describe("killed before its", () => {
  it.each([1, 2, 3, 4, 5])("write %i, it makes each build once", async (fatal) => {
    const client = new FakeClient();
    await moveTag(client, "a");
    seedConfig(client);
    let writes = 0;
    const unhook = client.onCall(({ verb }) => {
      if (verb !== "create" && verb !== "update") return;
      writes += 1;
      // Everything fails from here on, as for a process that is gone.
      if (writes >= fatal) throw new Error("killed");
    });
    const stop = start(client);
    await expect.poll(() => writes >= Math.min(fatal, 3), patient).toBe(true);
    await stop();
    unhook();
    const again = start(client);
    await expect
      .poll(async () => (await client.get(buildConfig, ref)).status?.imageChangeTriggers?.length, patient)
      .toBe(1);
    await expect
      .poll(async () => (await client.get(buildKind, { ...ref, name: "app-1" })).status?.phase, patient)
      .toBe("Pending");
    await again();
    expect(await names(client)).toEqual(["app-1"]);
  });
});

it("counts what is started by hand as built of the image that it found", async () => {
  const client = new FakeClient();
  await moveTag(client, "a");
  seedConfig(client, { runPolicy: "SerialLatestOnly" });
  await startBuild(client, ref, { cause: "Manually triggered" });
  const env = [{ name: "A", value: "1" }];
  const second = await startBuild(client, ref, { cause: "Manually triggered", env });
  const third = await cloneBuild(client, second, "Retry of app-2");
  expect(third.spec.strategy).toMatchObject({ dockerStrategy: { env } });
  const stop = start(client);
  const told = async (): Promise<unknown[]> =>
    (await buildsOf(client, ref)).map(({ status }) => status?.message ?? status?.phase);
  const superseded = "Build app-3 came after it; spec.runPolicy of app is SerialLatestOnly.";
  await expect.poll(told, patient).toEqual([superseded, superseded, "Pending"]);
  await stop();
  expect(await names(client)).toEqual(["app-1", "app-2", "app-3"]);
});
