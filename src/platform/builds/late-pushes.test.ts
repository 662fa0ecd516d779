import { expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { FakeClock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { refOf } from "../../model/meta.ts";
import { StatusError } from "../../model/status.ts";
import { isPushDue, LatePushes, pushing } from "./late-pushes.ts";

const digest = `sha256:${"a".repeat(64)}`;

/** An engine that has these images and pushes them, or fails to. */
function engineWith(
  images: readonly string[],
  failure?: string,
): Pick<ContainerEngine, "hasImage" | "pushImage"> {
  return {
    hasImage: (image) => Promise.resolve(images.includes(image)),
    async *pushImage() {
      if (failure !== undefined) throw new Error(failure);
      yield { aux: { Digest: digest } };
    },
  };
}

function bench(engine = engineWith(["app:1"])) {
  const client = new FakeClient();
  const latePushes = new LatePushes({
    client,
    engine,
    registry: { address: "127.0.0.1:5000" },
    clock: new FakeClock(Date.parse("2026-01-01T00:00:00Z")),
    log: silentLogger,
  });
  const conditions = [{ ...pushing, lastTransitionTime: "2026-01-01T00:00:00Z" }];
  const build = client.seed(
    newObject<Build>(
      buildKind,
      { name: "app-1", namespace: "default" },
      {
        spec: { strategy: { type: "Nagi" } },
        status: { phase: "Complete", outputDockerImageReference: "app:1", conditions },
      },
    ),
  );
  const seen = async () => {
    const { status } = await client.get(buildKind, refOf(build));
    return { digest: status?.output?.to?.imageDigest, pushed: status?.conditions?.[0] };
  };
  return { client, latePushes, build, seen };
}

it("says the digest when the push has ended", async () => {
  const { latePushes, build, seen } = bench();
  expect(isPushDue(build)).toBe(true);
  latePushes.follow(build, Promise.resolve(digest));
  await expect.poll(seen).toMatchObject({ digest, pushed: { status: "True", reason: "Pushed" } });
});

it("says so although somebody else writes at the same time", async () => {
  const { client, latePushes, build, seen } = bench();
  let conflicts = 2;
  client.onCall(({ verb }) => {
    if (verb === "update" && conflicts-- > 0) throw new StatusError("Conflict", "changed");
  });
  latePushes.follow(build, Promise.resolve(digest));
  await expect.poll(seen).toMatchObject({ digest, pushed: { status: "True" } });
});

it("says why a push failed, and pushes again when it is resumed", async () => {
  const { client, build, latePushes, seen } = bench();
  latePushes.follow(build, Promise.reject(new Error("no space left on device")));
  await expect.poll(seen).toMatchObject({
    digest: undefined,
    pushed: { status: "False", reason: "PushFailed", message: expect.stringContaining("no space") },
  });
  const failed = await client.get(buildKind, refOf(build));
  expect(isPushDue(failed)).toBe(true);
  await latePushes.resume(failed);
  await expect.poll(seen).toMatchObject({ digest, pushed: { status: "True" } });
});

it("says when the image is lost", async () => {
  const { build, latePushes, seen } = bench(engineWith([]));
  expect(await latePushes.resume(build)).toBeUndefined();
  expect(await seen()).toMatchObject({ pushed: { status: "Unknown", reason: "ImageLost" } });
});
