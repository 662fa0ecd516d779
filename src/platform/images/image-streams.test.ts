import { expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { imageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { createImageStreams } from "./image-streams.ts";

/** The machine may be busy. */
const patient = { timeout: 20_000 } as const;

it("makes the stream of a complete build and moves its tag", async () => {
  const client = new FakeClient();
  const aborter = new AbortController();
  const options = { client, registryAddress: "127.0.0.1:5000", clock: systemClock, log: silentLogger };
  const running = createImageStreams(options).run(aborter.signal);
  const to = { kind: "ImageStreamTag", name: "hello:latest" };
  const owner = { apiVersion: "nagi.dev/v1", kind: "App", name: "hello", uid: "u", controller: true };
  for (const number of [1, 2]) {
    client.seed(
      newObject<Build>(
        buildKind,
        { name: `hello-${number}`, namespace: "default", ownerReferences: [owner] },
        {
          spec: { strategy: { type: "Nagi" }, output: { to } },
          status: {
            phase: "Complete",
            completionTimestamp: `2026-01-01T00:00:0${number}Z`,
            outputDockerImageReference: `127.0.0.1:5000/default/hello:hello-${number}`,
            output: { to: { imageDigest: `sha256:${number}` } },
          },
        },
      ),
    );
    await expect
      .poll(async () => {
        const { items } = await client.list(imageStream);
        return items[0]?.status?.tags?.[0]?.items[0]?.image;
      }, patient)
      .toBe(`sha256:${number}`);
  }
  const stream = await client.get(imageStream, { namespace: "default", name: "hello" });
  expect(stream.status?.dockerImageRepository).toBe("127.0.0.1:5000/default/hello");
  expect(stream.metadata.ownerReferences).toMatchObject([{ kind: "App", name: "hello" }]);
  aborter.abort();
  await running;
});
