import { beforeEach, describe, expect, it } from "vitest";
import { EngineError } from "../../lib/container-engine/engine-transport.ts";
import type { ImageDetails } from "../../lib/container-engine/engine-types.ts";
import { silentLogger } from "../../lib/log.ts";
import { markImage, removeImages, type SharedEngine } from "./platform-images.ts";

/** What an engine does with names: an image is there as long as it has one. */
class FakeImages {
  readonly ids = new Map<string, string>();

  inspectImage(reference: string): Promise<ImageDetails> {
    const Id = this.ids.get(reference);
    if (Id === undefined) return Promise.reject(new EngineError(404, `no such image: ${reference}`));
    const RepoTags = [...this.ids].filter(([, id]) => id === Id).map(([name]) => name);
    return Promise.resolve({ Id, RepoTags } as unknown as ImageDetails);
  }

  tagImage(reference: string, name: string): Promise<void> {
    this.ids.set(name, this.ids.get(reference) ?? "");
    return Promise.resolve();
  }

  removeImage(reference: string): Promise<void> {
    this.ids.delete(reference);
    return Promise.resolve();
  }
}

const image = "localhost/nagi/tiny:0123456789ab";
const latest = "localhost/nagi/tiny:latest";
let images: FakeImages;
const nagi = (instance: string): SharedEngine => ({
  engine: images,
  instance,
  log: silentLogger,
});

beforeEach(() => {
  images = new FakeImages();
  images.ids.set(image, "one").set(latest, "one");
});

describe("an engine that two Nagis share", () => {
  it("keeps an image until the last one that has it removes it", async () => {
    await markImage(image, nagi("aaaa"));
    await markImage(image, nagi("bbbb"));
    await removeImages("tiny", [image], nagi("aaaa"));
    expect([...images.ids.keys()].toSorted()).toEqual([image, `${image}-bbbb`, latest].toSorted());
    await removeImages("tiny", [image], nagi("bbbb"));
    expect([...images.ids.keys()]).toEqual([]);
  });

  it("leaves the name without a version to whoever has another recipe of that name", async () => {
    await markImage(image, nagi("aaaa"));
    images.ids.set(latest, "two").set("localhost/nagi/tiny:ba9876543210", "two");
    await removeImages("tiny", [image], nagi("aaaa"));
    expect([...images.ids.keys()]).toEqual([latest, "localhost/nagi/tiny:ba9876543210"]);
  });

  it("goes on where an image is gone already", async () => {
    await removeImages("tiny", ["localhost/nagi/tiny:none", image], nagi("aaaa"));
    expect(images.ids.size).toBe(0);
  });
});
