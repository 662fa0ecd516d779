import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SourceStore, SourceTooLargeError } from "./source-store.ts";

let directory: string;
let store: SourceStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "nagi-sources-"));
  store = new SourceStore({ directory, maxBytes: 1000 });
});
afterEach(() => rm(directory, { recursive: true }));

it("keeps content by its digest, once", async () => {
  const first = await store.put(Readable.from([Buffer.from("ab"), Buffer.from("c")]));
  const second = await store.put(Readable.from([Buffer.from("abc")]));
  expect(first).toEqual({
    id: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    sizeBytes: 3,
  });
  expect(second).toEqual(first);
  expect(await readdir(directory)).toEqual([first.id]);
  expect((await store.open(first.id).toArray()).join("")).toBe("abc");
});

it("leaves nothing of what is too large or breaks off", async () => {
  await expect(store.put(Readable.from([Buffer.alloc(1001)]))).rejects.toThrow(SourceTooLargeError);
  const broken = new Readable({ read() {} });
  const putting = store.put(broken);
  broken.push("half");
  broken.destroy(new Error("gone"));
  await expect(putting).rejects.toThrow("gone");
  expect(await readdir(directory)).toEqual([]);
});

it("removes what was not used since a time", async () => {
  const { id: kept } = await store.put(Readable.from(["kept"]));
  const { id: old } = await store.put(Readable.from(["old"]));
  await store.touch(old, new Date(0));
  expect(await store.prune(new Date(1000))).toBe(1);
  expect([await store.has(kept), await store.has(old)]).toEqual([true, false]);
});

it("takes no path for an id", async () => {
  expect(await store.has("../x")).toBe(false);
  expect(() => store.path("../x")).toThrow("not a SHA-256");
});
