import { mkdtemp, mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { CacheSweeper, oldCaches } from "./caches.ts";

it("finds the caches of what is gone, and of nothing else", () => {
  const owners = new Set(["default.shop", "default.shop.v2"]);
  const directories = [
    "default.shop.npm",
    "default.shop.v2.0123456789abcdef",
    "default.shop-b.npm",
    "other.shop.npm",
    "default.shop",
    "cache",
  ];
  expect(oldCaches(directories, owners)).toEqual(["default.shop-b.npm", "other.shop.npm"]);
});

it("removes them, and what the engine left long ago beside them", async () => {
  const directory = await mkdtemp(join(tmpdir(), "nagi-caches-"));
  try {
    const cacheDirectory = join(directory, "buildah-cache");
    for (const name of ["default.shop.npm", "default.gone.npm"])
      await mkdir(join(cacheDirectory, name, "deep"), { recursive: true });
    for (const name of ["digest.txt12", "digest.txt13", "kept"]) await writeFile(join(directory, name), "x");
    for (const name of ["digest.txt12", "kept"]) await utimes(join(directory, name), 1, 1);
    const client = new FakeClient();
    client.seed(newObject<App>(app, { name: "shop", namespace: "default" }, { spec: {} }));
    await new CacheSweeper({ client, cacheDirectory, clock: systemClock, log: silentLogger }).sweep();
    expect(await readdir(cacheDirectory)).toEqual(["default.shop.npm"]);
    expect((await readdir(directory)).toSorted()).toEqual(["buildah-cache", "digest.txt13", "kept"]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
