import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { pack } from "tar-stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SourceStore } from "../../../lib/source-store.ts";
import { goneRequest } from "../../../lib/testing/gone-request.ts";
import { newObject } from "../../../model/kind.ts";
import { buildConfig, type BuildConfig } from "../../../model/kinds/build/buildconfig/buildconfig.ts";
import { HttpCaller, type Answer } from "../testing/http-call.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { BinaryBuilds } from "./binary-build.ts";

const base = "/apis/build.openshift.io/v1/namespaces/default";

let directory: string;
let sources: SourceStore;
let server: TestServer;
let caller: HttpCaller;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "nagi-binary-"));
  sources = new SourceStore({ directory });
  server = await startTestServer({ sources });
  const { port } = await server.listen();
  caller = new HttpCaller(port, server.server.tokenOf("admin"), server.caPem);
  const spec = { strategy: { dockerStrategy: {} }, source: { git: { uri: "https://git.test/shop.git" } } };
  await server.client.create(
    buildConfig,
    newObject<BuildConfig>(buildConfig, { namespace: "default", name: "shop" }, { spec }),
  );
});
afterAll(async () => {
  caller.close();
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function tarOf(name: string, text: string): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name, mtime: new Date(0) }, text);
  archive.finalize();
  return await buffer(archive);
}

/** As `oc` sends it: chunked, with no word of what it is. */
const send = (query: string, body: Buffer | string, name = "shop"): Promise<Answer> =>
  caller.call("POST", `${base}/buildconfigs/${name}/instantiatebinary${query}`, {
    body,
    headers: { "Content-Type": "application/octet-stream", "Transfer-Encoding": "chunked" },
  });

interface Made {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly source: { readonly binary: { readonly asFile: string } };
    readonly revision?: object;
  };
}

/** Whether the build's source in the store is this. */
async function expectSource({ status, json }: Answer, content: Buffer): Promise<Made> {
  expect([status, json["kind"]]).toEqual([201, "Build"]);
  const made = json as unknown as Made;
  expect(made.spec.source).toEqual({ type: "Binary", binary: { asFile: expect.any(String) as string } });
  expect((await buffer(sources.open(made.spec.source.binary.asFile))).equals(content)).toBe(true);
  return made;
}

describe("a build of what is sent", () => {
  it("takes a directory as a tar, plain or compressed, instead of the repository", async () => {
    const tar = await tarOf("Dockerfile", "FROM nagi/base");
    expect((await expectSource(await send("", tar), tar)).metadata.name).toBe("shop-1");
    await expectSource(await send("", gzipSync(tar)), tar);
    await expectSource(await send("", zstdCompressSync(tar)), tar);
  });

  it("takes a file under its name, and the commit that it is of", async () => {
    const commit = "a".repeat(40);
    const query = new URLSearchParams({
      asFile: "docker/Dockerfile",
      "revision.commit": commit,
      "revision.message": "Change",
      "revision.authorName": "Ann",
      "revision.authorEmail": "ann@test",
      "revision.committerName": "Bo",
    });
    const answer = await send(`?${query.toString()}`, "FROM nagi/base");
    const made = await expectSource(answer, await tarOf("docker/Dockerfile", "FROM nagi/base"));
    expect(made.spec.revision).toEqual({
      type: "Git",
      git: {
        commit,
        message: "Change",
        author: { name: "Ann", email: "ann@test" },
        committer: { name: "Bo" },
      },
    });
  });

  it.each([
    ["", "no archive", 400, "the body is no archive that can be built: it must be a tar"],
    ["", "", 400, "the body is empty"],
    ["", gzipSync("no tar"), 400, "what the body holds compressed is no tar"],
    ["?asFile=../x", "text", 400, 'asFile is "../x": it must be a path within the source'],
    ["?asFile=/etc/x", "text", 400, "asFile"],
    ["?asFile=x", "", 400, "the body is empty: it must be the content of x"],
  ])("refuses %j", async (query, body, status, message) => {
    const answer = await send(query, body);
    expect([answer.status, answer.json["message"]]).toEqual([
      status,
      expect.stringContaining(message) as string,
    ]);
  });

  it("refuses what ends early, and keeps nothing of it", async () => {
    const whole = gzipSync(await tarOf("big", randomBytes(200_000).toString("hex")));
    const before = await readdir(directory);
    const answer = await send("", whole.subarray(0, whole.length / 2));
    expect([answer.status, answer.json["message"]]).toEqual([
      400,
      expect.stringContaining("cannot take the source: unexpected end of file") as string,
    ]);
    expect(await readdir(directory)).toEqual(before);
  });

  it("does not wait for a client that is gone", async () => {
    const { request } = await goneRequest("POST");
    const user = { username: "admin", groups: [] };
    const builds = new BinaryBuilds({ clientFor: () => server.client, sources });
    const made = builds.start(
      { request, query: new URLSearchParams(), user },
      { namespace: "default", name: "shop" },
    );
    await expect(made).rejects.toThrow("cannot take the source: the body ended early");
  });

  it("needs the configuration, and a POST", async () => {
    expect((await send("?asFile=x", "text", "none")).status).toBe(404);
    expect((await caller.call("GET", `${base}/buildconfigs/shop/instantiatebinary`)).status).toBe(405);
  });
});

describe("the details of a build", () => {
  const path = `${base}/builds/shop-1/details`;

  it("are the build, whose commit is told once", async () => {
    const { json } = await caller.call("GET", path);
    const told = (commit: string, phase = "Complete"): Promise<Answer> =>
      caller.call("PUT", path, {
        body: JSON.stringify({
          ...json,
          metadata: { ...(json["metadata"] as object), resourceVersion: undefined, labels: { other: "yes" } },
          spec: {
            ...(json["spec"] as object),
            completionDeadlineSeconds: 1,
            revision: { type: "Git", git: { commit } },
          },
          status: { phase },
        }),
      });
    const first = await told("abc");
    expect(first.status).toBe(200);
    expect(first.json).toMatchObject({
      metadata: { labels: { buildconfig: "shop" } },
      spec: { revision: { type: "Git", git: { commit: "abc" } } },
      status: { phase: "New" },
    });
    expect(first.json["spec"]).not.toHaveProperty("completionDeadlineSeconds");
    const again = await told("def");
    expect([again.status, again.json["message"]]).toEqual([
      422,
      expect.stringContaining("spec.revision: Forbidden: is known already") as string,
    ]);
  });
});
