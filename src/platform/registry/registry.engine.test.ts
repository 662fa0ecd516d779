import { createServer } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import type { WriteOptions } from "../../client/client.ts";
import { systemClock } from "../../lib/clock.ts";
import { EngineHost } from "../../lib/container-engine/engine-host.ts";
import { freePort } from "../../lib/free-port.ts";
import { drain } from "../../lib/container-engine/image-engine.ts";
import { silentLogger } from "../../lib/log.ts";
import type { Kind } from "../../model/kind.ts";
import type { TokenReview } from "../../model/kinds/authentication/tokenreview/tokenreview.ts";
import type { SubjectAccessReview } from "../../model/kinds/authorization/subjectaccessreview/subjectaccessreview.ts";
import type { KubeObject } from "../../model/meta.ts";
import { createRegistry, type Registry } from "./registry.ts";

/** Knows one user, who may pull what is in team-a. */
class ReviewingClient extends FakeClient {
  override async create<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T> {
    if (kind.kind === "TokenReview") {
      const { token } = (object as unknown as TokenReview).spec;
      const status = token === "right" ? { authenticated: true, user: { username: "ann" } } : {};
      return { ...object, status };
    }
    if (kind.kind === "SubjectAccessReview") {
      const asked = (object as unknown as SubjectAccessReview).spec.resourceAttributes;
      return { ...object, status: { allowed: asked?.namespace === "team-a" && asked.verb === "get" } };
    }
    return await super.create(kind, object, options);
  }
}

const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" };
const port = await freePort();
let dir: string;
let host: EngineHost;
let registry: Registry;
const server = createServer();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "nagi-registry-"));
  host = new EngineHost({
    dir: join(dir, "engine"),
    env,
    insecureRegistries: [`127.0.0.1:${port}`],
    clock: systemClock,
    log: silentLogger,
  });
  await host.start();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  registry = await createRegistry({
    client: new ReviewingClient(),
    dataDir: join(dir, "registry"),
    port,
    platformUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clock: systemClock,
    log: silentLogger,
  });
  server.on("request", (request, response) => void registry.handlers[0]?.handle(request, response));
  await registry.start();
});

afterAll(async () => {
  await registry.stop();
  server.close();
  for (const name of ["team-a/app:1", "team-b/app:1"])
    await host.engine.removeImage(`${registry.address}/${name}`);
  await host.stop();
  await rm(dir, { recursive: true });
});

async function push(name: string, auth: { username: string; password: string } | undefined): Promise<string> {
  const reference = `${registry.address}/${name}`;
  await host.engine.tagImage("localhost/nagi/base:latest", reference);
  try {
    await drain(host.engine.pushImage(reference, { auth, insecure: true }));
    return "pushed";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function pull(name: string, password: string): Promise<string> {
  const reference = `${registry.address}/${name}`;
  try {
    await drain(host.engine.pullImage(reference, { auth: { username: "any", password }, insecure: true }));
    return "pulled";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

it("takes what Nagi pushes, and gives it to users as far as their rights go", async () => {
  expect(await push("team-a/app:1", registry.credentials)).toBe("pushed");
  expect(await push("team-b/app:1", registry.credentials)).toBe("pushed");
  expect(await pull("team-a/app:1", "right")).toBe("pulled");
  expect(await pull("team-b/app:1", "right")).toMatch(/denied|unauthorized/i);
  expect(await pull("team-a/app:1", "wrong")).toMatch(/unauthorized|denied|invalid/i);
  expect(await push("team-a/app:1", { username: "ann", password: "right" })).toMatch(/denied|unauthorized/i);
  expect(await push("team-a/app:1", undefined)).toMatch(/denied|unauthorized|authentication/i);
});

it("answers nobody without a token, and goes on when Nagi starts again", async () => {
  expect((await fetch(`http://${registry.address}/v2/team-a/app/tags/list`)).status).toBe(401);
  const again = await createRegistry({
    client: new ReviewingClient(),
    dataDir: join(dir, "registry"),
    port,
    platformUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clock: systemClock,
    log: silentLogger,
  });
  await again.start();
  expect(again.credentials).toEqual(registry.credentials);
  expect(await pull("team-a/app:1", registry.credentials.password)).toMatch(/unauthorized|denied|invalid/i);
  expect(await pull("team-a/app:1", "right")).toBe("pulled");
});
