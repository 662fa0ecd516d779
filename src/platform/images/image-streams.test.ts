import { expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { imageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { createImageStreams } from "./image-streams.ts";
import type { TagLink, TagStorage } from "./registry-tags.ts";

/** The machine may be busy. */
const patient = { timeout: 20_000 } as const;

const digestOf = (number: number): string => `sha256:${String(number).repeat(64)}`;

/** The tags of a registry that has every image. */
class MemoryTags implements TagStorage {
  readonly #tags = new Map<string, Map<string, TagLink>>();

  tags(repository: string): Promise<Map<string, TagLink>> {
    return Promise.resolve(this.#tags.get(repository) ?? new Map<string, TagLink>());
  }

  async setTag(repository: string, tag: string, link: TagLink): Promise<void> {
    const tags = new Map(await this.tags(repository));
    this.#tags.set(repository, tags.set(tag, link));
  }

  async removeTag(repository: string, tag: string): Promise<void> {
    (await this.tags(repository)).delete(tag);
  }

  hasImage(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

it("makes the stream of a complete build and moves its tag", async () => {
  const client = new FakeClient();
  const aborter = new AbortController();
  const options = {
    client,
    registryAddress: "127.0.0.1:5000",
    storage: new MemoryTags(),
    copier: { copy: () => Promise.reject(new Error("nothing is copied here")) },
    clock: systemClock,
    log: silentLogger,
  };
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
            output: { to: { imageDigest: digestOf(number) } },
          },
        },
      ),
    );
    await expect
      .poll(async () => {
        const { items } = await client.list(imageStream);
        return items[0]?.status?.tags?.[0]?.items[0]?.image;
      }, patient)
      .toBe(digestOf(number));
  }
  const stream = await client.get(imageStream, { namespace: "default", name: "hello" });
  expect(stream.status?.dockerImageRepository).toBe("127.0.0.1:5000/default/hello");
  expect(stream.metadata.ownerReferences).toMatchObject([{ kind: "App", name: "hello" }]);
  aborter.abort();
  await running;
});
