/** The real registry, its images removed under pushes that go on. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm, utimes, writeFile, mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { readRecord, startDetached } from "../../lib/detached-process.ts";
import { freePort } from "../../lib/free-port.ts";
import { silentLogger } from "../../lib/log.ts";
import { createRegistry, type Registry } from "./registry.ts";

const port = await freePort();
const base = `http://127.0.0.1:${port}/v2`;
const repository = "team/app";
const { signal } = new AbortController();
const server = createServer();
let dir: string;
let registry: Registry;
let token: string;

function open(): Promise<Registry> {
  return createRegistry({
    client: new FakeClient(),
    dataDir: join(dir, "registry"),
    port,
    platformUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clock: systemClock,
    log: silentLogger,
  });
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "nagi-collect-"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  registry = await open();
  server.on("request", (request, response) => void registry.handlers[0]?.handle(request, response));
  await registry.start();
  const { username, password } = registry.credentials;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const scope = `repository:${repository}:pull,push`;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/registry/token?scope=${scope}`;
  const answer = (await (await fetch(url, { headers: { authorization } })).json()) as { token: string };
  ({ token } = answer);
});
afterAll(async () => {
  await registry.stop();
  server.close();
  await rm(dir, { recursive: true });
});

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

async function ask(method: string, path: string, body?: string, type = "application/octet-stream") {
  const headers = { authorization: `Bearer ${token}`, "content-type": type };
  const response = await fetch(`${base}/${repository}/${path}`, { method, headers, body: body ?? null });
  const text = await response.text();
  return { status: response.status, location: response.headers.get("location") ?? "", text };
}

/** As clients do: what is there is not sent again. */
async function pushLayer(text: string): Promise<string> {
  if ((await ask("HEAD", `blobs/${digestOf(text)}`)).status === 200) return digestOf(text);
  const { location } = await ask("POST", "blobs/uploads/");
  const upload = location.slice(location.indexOf("blobs/"));
  const { status } = await ask("PUT", `${upload}&digest=${digestOf(text)}`, text);
  expect(status).toBe(201);
  return digestOf(text);
}

const manifestType = "application/vnd.docker.distribution.manifest.v2+json";

async function pushManifest(tag: string, layers: readonly string[]): Promise<string> {
  const config = await pushLayer(`{"tag":"${tag}"}`);
  const part = (digest: string) => ({ mediaType: "application/octet-stream", size: 1, digest });
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: part(config),
    layers: layers.map(part),
  });
  const answer = await ask("PUT", `manifests/${tag}`, text, manifestType);
  expect([answer.status, answer.text]).toEqual([201, ""]);
  return digestOf(text);
}

async function image(name: string): Promise<string> {
  return await pushManifest(name, [await pushLayer("shared"), await pushLayer(`only ${name}`)]);
}

const has = async (text: string): Promise<boolean> =>
  (await ask("GET", `blobs/${digestOf(text)}`)).status === 200;

async function remove(tag: string): Promise<ReadonlySet<string>> {
  const { repositories } = await registry.readContents();
  const found = repositories.find(({ name }) => name === repository);
  const digest = found?.tags.find((each) => each.tag === tag)?.digest ?? "";
  const going = found?.images.find((each) => each.digest === digest);
  await registry.storage.removeTag(repository, tag);
  await registry.storage.removeImage(repository, digest);
  return new Set(going?.blobs.map((blob) => blob.digest));
}

it("removes an image and the layers that only it has", async () => {
  await image("old");
  const kept = await image("new");
  await registry.collect(() => remove("old"), signal);
  expect(await has("only old")).toBe(false);
  expect([await has("only new"), await has("shared")]).toEqual([true, true]);
  expect((await ask("GET", `manifests/${kept}`)).status).toBe(200);
  expect((await ask("GET", "manifests/old")).status).toBe(404);
});

it("fails no push that goes on, and none that comes", async () => {
  await image("victim");
  // Its layers are there, its manifest comes after the sweep.
  const begun = await pushLayer("begun before");
  const removing = Promise.withResolvers<void>();
  const collected = registry.collect(async () => {
    removing.resolve();
    return await remove("victim");
  }, signal);
  await removing.promise;
  const pushes = Array.from({ length: 8 }, (_, index) => image(`during-${index}`));
  await collected;
  await pushManifest("begun", [begun]);
  await Promise.all(pushes);
  for (let index = 0; index < 8; index++) expect(await has(`only during-${index}`)).toBe(true);
  expect(await has("begun before")).toBe(true);
  expect(await has("only victim")).toBe(false);
});

it("sweeps what a push left that never ended", async () => {
  await pushLayer("left over");
  const layers = registry.storage.repositoryPath(repository, "_layers", "sha256");
  const old = Date.now() / 1000 - 2 * 3600;
  for (const name of await readdir(layers)) await utimes(join(layers, name, "link"), old, old);
  await registry.collect(async () => new Set(), signal);
  expect(await has("left over")).toBe(false);
  expect(await has("only new")).toBe(true);
});

it("answers again when what removes fails, or the sweep is ended", async () => {
  await expect(registry.collect(() => Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
  await expect(registry.collect(async () => new Set(), AbortSignal.abort(new Error("end")))).rejects.toThrow(
    "end",
  );
  expect(await has("shared")).toBe(true);
});

it("begins anew after it was killed in the middle: what still sweeps is ended first", async () => {
  await registry.stop();
  const place = join(dir, "registry");
  const env = { PATH: "/usr/bin:/bin" };
  const recordFile = join(place, "sweep.pid");
  const logFile = join(place, "sweep.log");
  const own = { logFile, recordFile, note: "sweep", oomScore: 0 };
  const child = await startDetached({ command: ["sleep", "600"], env, ...own });
  const hold = registry.storage.repositoryPath("nagi.hold", "layers", "_layers");
  await mkdir(hold, { recursive: true });
  await writeFile(join(hold, "x"), "");
  const ended = once(child, "exit");
  await expect.poll(() => readRecord(recordFile)).toBeDefined();
  registry = await open();
  await registry.start();
  await ended;
  expect(await has("shared")).toBe(true);
  const { repositories } = await registry.readContents();
  expect(repositories.map(({ name }) => name)).toEqual([repository]);
});
