import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { FakeClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import type { RegistryContents, StoredImage } from "../../lib/registry-contents.ts";
import { newObject } from "../../model/kind.ts";
import {
  imageRetention,
  retentionName,
  type ImageRetention,
} from "../../model/kinds/nagi/imageretention/imageretention.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import { Pruner } from "./prune.ts";

const address = "127.0.0.1:5000";
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** The registry's images, by their letters; all were pushed a day before. */
class MemoryRegistry {
  readonly address = address;
  images: string;
  /** Called while nobody can push. */
  whileStopped: () => void = () => undefined;
  readonly storage = {
    removeTag: () => Promise.resolve(),
    removeImage: (_repository: string, removed: string) => {
      this.images = this.images.replace(removed[7] ?? "", "");
      return Promise.resolve();
    },
  };
  readonly #pushedMs: number;

  constructor(images: string, pushedMs: number) {
    this.images = images;
    this.#pushedMs = pushedMs;
  }

  readContents(): Promise<RegistryContents> {
    const images = this.images.split("").map((letter): StoredImage => {
      const blobs = [{ digest: `layer-${letter}`, bytes: 10 }];
      return { digest: digest(letter), atMs: this.#pushedMs, children: [], blobs };
    });
    const blobs = new Map(images.flatMap((each) => each.blobs).map((blob) => [blob.digest, blob.bytes]));
    return Promise.resolve({ repositories: [{ name: "default/shop", images, tags: [] }], blobs });
  }

  async collect(remove: () => Promise<ReadonlySet<string>>): Promise<void> {
    this.whileStopped();
    await remove();
  }
}

function releaseOf(letter: string): Release {
  const image = `${address}/default/shop@${digest(letter)}`;
  const name = `shop-${letter}`;
  const spec = { app: "shop", version: 1, image, imageDigest: digest(letter) };
  return newObject<Release>(release, { namespace: "default", name }, { spec: spec as Release["spec"] });
}

let clock: FakeClock;
let registry: MemoryRegistry;
let client: FakeClient;
let usedPercent: number;
let swept: number;
let stop: AbortController;
let running: Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  registry = new MemoryRegistry("ab", clock.now() - 24 * hourMs);
  client = new FakeClient({ clock, objects: [releaseOf("a")] });
  usedPercent = 50;
  swept = 0;
  stop = new AbortController();
  running = Promise.resolve();
});
afterEach(async () => {
  stop.abort();
  await running;
});

function newPruner(spec: Partial<ImageRetention["spec"]> = {}): Pruner {
  client.seed(newObject<ImageRetention>(imageRetention, { name: retentionName }, { spec }));
  return new Pruner({
    client,
    registry,
    sweepEngine: () => {
      swept++;
      return Promise.resolve();
    },
    diskUsedPercent: () => Promise.resolve(usedPercent),
    clock,
    log: silentLogger,
  });
}

function start(spec: Partial<ImageRetention["spec"]> = {}): void {
  running = newPruner(spec).run(stop.signal);
}

/** The time passes a minute at a time, and what is due then is done. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += minuteMs) {
    await new Promise(setImmediate);
    clock.advance(minuteMs);
    await new Promise(setImmediate);
  }
}

async function status(): Promise<ImageRetention["status"]> {
  return (await client.get(imageRetention, { name: retentionName })).status;
}

describe("images are removed by themselves", () => {
  it("when it is time, but for what a release needs", async () => {
    start({ everyHours: 2 });
    await pass(2 * hourMs - 2 * minuteMs);
    expect(registry.images).toBe("ab");
    await pass(5 * minuteMs);
    expect(registry.images).toBe("a");
    expect(await status()).toMatchObject({ reason: "Schedule", removedImages: 1, freedBytes: 10 });
    expect(swept).toBe(1);
    registry.images += "c";
    await pass(hourMs);
    expect(registry.images).toBe("ac");
    await pass(hourMs + 5 * minuteMs);
    expect(registry.images).toBe("a");
  });

  it("when the disk is nearly full, at once, and not all the time though it stays full", async () => {
    usedPercent = 81;
    start({ diskFullPercent: 80 });
    await pass(2 * minuteMs);
    expect(registry.images).toBe("a");
    expect(await status()).toMatchObject({ reason: "DiskFull", removedImages: 1 });
    registry.images += "c";
    await pass(20 * minuteMs);
    expect(registry.images).toBe("ac");
    await pass(15 * minuteMs);
    expect(registry.images).toBe("a");
  });

  it("not while that is suspended", async () => {
    usedPercent = 99;
    start({ suspend: true, everyHours: 1 });
    await pass(3 * hourMs);
    expect(registry.images).toBe("ab");
    expect(await status()).toBeUndefined();
  });

  it("before pods give way to a full disk, but not while that is suspended", async () => {
    const suspended = newPruner({ suspend: true });
    await suspended.reclaim();
    expect(registry.images).toBe("ab");
    expect(await status()).toBeUndefined();
    await suspended.prune({}, "Asked");
    expect(registry.images).toBe("a");
    registry.images += "c";
    await newPruner({}).reclaim();
    expect(registry.images).toBe("a");
    expect(await status()).toMatchObject({ reason: "DiskFull", removedImages: 1 });
  });

  it("but for one that a release came to need before the registry was stopped", async () => {
    registry.whileStopped = () => void client.seed(releaseOf("b"));
    start({ everyHours: 1 });
    await pass(hourMs + 5 * minuteMs);
    expect(registry.images).toBe("ab");
    expect(await status()).toMatchObject({ removedImages: 0, freedBytes: 0 });
  });

  it("and what fails is told, and done the next time", async () => {
    registry.whileStopped = () => {
      throw new Error("the sweep was killed");
    };
    start({ everyHours: 1 });
    await pass(hourMs + 5 * minuteMs);
    expect(registry.images).toBe("ab");
    expect(await status()).toMatchObject({ removedImages: 0, message: "the sweep was killed" });
    registry.whileStopped = () => undefined;
    await pass(hourMs + 5 * minuteMs);
    expect(registry.images).toBe("a");
    expect((await status())?.message).toBeUndefined();
  });
});
