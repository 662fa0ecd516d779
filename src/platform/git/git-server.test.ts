/** The real git against the real handler; builds and releases are played by the test. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { WriteOptions } from "../../client/client.ts";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { SourceStore } from "../../lib/source-store.ts";
import { newObject, type Kind } from "../../model/kind.ts";
import { build as buildKind, type Build, type BuildStatus } from "../../model/kinds/build/build/build.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import type { TokenReview } from "../../model/kinds/authentication/tokenreview/tokenreview.ts";
import type { SubjectAccessReview } from "../../model/kinds/authorization/subjectaccessreview/subjectaccessreview.ts";
import { keyOf, refOf, type KubeObject } from "../../model/meta.ts";
import { createGitServer, parseGitRequest } from "./git-server.ts";

/** The machine may be busy. */
const patient = { timeout: 20_000 } as const;

const path = "/usr/local/bin:/usr/bin:/bin";

/** Knows ann, who may do everything, and bob, who may look. */
class ReviewingClient extends FakeClient {
  override async create<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T> {
    if (kind.kind === "TokenReview") {
      const { token = "" } = (object as unknown as TokenReview).spec;
      const authenticated = token === "ann" || token === "bob";
      return { ...object, status: authenticated ? { authenticated, user: { username: token } } : {} };
    }
    if (kind.kind === "SubjectAccessReview") {
      const { user, resourceAttributes } = (object as unknown as SubjectAccessReview).spec;
      return { ...object, status: { allowed: user === "ann" || resourceAttributes?.verb === "get" } };
    }
    return await super.create(kind, object, options);
  }
}

let dir: string;
let work: string;
let client: ReviewingClient;
let sources: SourceStore;
let server: Server;
let port: number;
const aborter = new AbortController();

interface Result {
  readonly code: number | null;
  readonly text: string;
}

function git(args: string[], cwd = work, onText: (text: string) => void = () => undefined): Promise<Result> {
  const child = spawn("git", args, {
    cwd,
    env: {
      PATH: path,
      HOME: dir,
      GIT_TERMINAL_PROMPT: "0",
      GIT_AUTHOR_NAME: "Ann",
      GIT_AUTHOR_EMAIL: "ann@test",
      GIT_COMMITTER_NAME: "Ann",
      GIT_COMMITTER_EMAIL: "ann@test",
    },
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    onText(text);
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, text })));
}

const urlFor = (user: string, repository = "hello"): string =>
  `http://any:${user}@127.0.0.1:${port}/${repository}.git`;

async function commit(text: string): Promise<string> {
  await writeFile(join(work, "file.txt"), text);
  await git(["add", "."]);
  await git(["commit", "-q", "-m", `Write ${text}`]);
  return (await git(["rev-parse", "HEAD"])).text.trim();
}

/** Ends builds as told, in order of their creation; `hold` leaves one running. */
async function playBuilds(...outcomes: (BuildStatus | "hold")[]): Promise<void> {
  for await (const event of client.watch(buildKind, { signal: aborter.signal })) {
    if (event.type !== "ADDED") continue;
    const outcome = outcomes.shift() ?? { phase: "Complete" };
    if (outcome === "hold") continue;
    client.logs.set(keyOf(refOf(event.object)), "-----> Build\n       a step\n");
    await endBuild(event.object, outcome);
  }
}

async function endBuild(build: Build, status: BuildStatus): Promise<void> {
  const body = { status: { ...status, completionTimestamp: new Date().toISOString() } };
  await client.patch(
    buildKind,
    refOf(build),
    { type: "merge", body: structuredClone(body) as never },
    { subresource: "status" },
  );
  if (status.phase !== "Complete") return;
  const version = Number(build.metadata.name?.split("-").at(-1));
  client.seed(
    newObject<Release>(
      releaseKind,
      { name: `hello-v${version}`, namespace: "default" },
      {
        spec: {
          app: "hello",
          version,
          image: "x",
          processes: {},
          configSecret: "x",
          build: build.metadata.name,
        },
        status: { phase: "Live" },
      },
    ),
  );
}

async function refs(): Promise<string> {
  return (await git(["ls-remote", urlFor("ann")])).text;
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "nagi-git-"));
  work = join(dir, "work");
  client = new ReviewingClient();
  client.seed(
    newObject<App>(
      appKind,
      { name: "hello", namespace: "default" },
      { status: { url: "http://hello.test" } },
    ),
  );
  sources = new SourceStore({ directory: join(dir, "sources") });
  const gitServer = await createGitServer({
    client,
    dataDir: join(dir, "git"),
    sources,
    path,
    maxPushBytes: 1024 ** 2,
    clock: systemClock,
    log: silentLogger,
  });
  server = createServer((request, response) => void gitServer.handler.handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
  await git(["init", "-q", "-b", "main", work], dir);
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true, maxRetries: 5 });
});

describe("a push", () => {
  it("builds the commit, tells the log and where the app answers, and moves the branch", async () => {
    void playBuilds();
    const head = await commit("one");
    const pushed = await git(["push", urlFor("ann"), "main"]);
    expect(pushed.text).toMatch(
      /remote: -----> Build *\nremote: {8}a step *\nremote: -----> Release v1 *\nremote: {8}http:\/\/hello\.test/,
    );
    expect(pushed.code).toBe(0);
    expect(await refs()).toContain(`${head}\trefs/heads/main`);
    const build = await client.get(buildKind, { namespace: "default", name: "hello-1" });
    expect(build.spec).toMatchObject({
      revision: { git: { commit: head, author: { name: "Ann" }, message: "Write one" } },
      output: { to: { name: "hello:latest" } },
    });
    expect(await sources.has(build.spec.source?.binary?.asFile ?? "")).toBe(true);
    await commit("two");
    expect((await git(["push", urlFor("ann"), "main"])).text).toContain("Release v2");
    const clone = await git(["clone", "-q", urlFor("bob"), join(dir, "clone")], dir);
    expect(clone.code).toBe(0);
  });

  it("is rejected with its build, and the branch stays", async () => {
    void playBuilds({ phase: "Complete" }, { phase: "Failed", message: "no" });
    const first = await commit("one");
    await git(["push", urlFor("ann"), "main"]);
    await commit("two");
    const pushed = await git(["push", urlFor("ann"), "main"]);
    expect(pushed.code).not.toBe(0);
    expect(pushed.text).toContain("remote:  !     hello-2 failed. What runs is left as it is.");
    expect(pushed.text).toContain("pre-receive hook declined");
    expect(await refs()).toContain(`${first}\trefs/heads/main`);
  });

  it("of another branch or a tag is stored and builds nothing", async () => {
    await commit("one");
    await git(["tag", "v1"]);
    const pushed = await git(["push", urlFor("ann"), "main:feature", "v1"]);
    expect(pushed.text).toContain("Branch feature is stored and not deployed");
    expect(pushed.text).toContain("Tag v1 is stored");
    expect(await refs()).toMatch(/refs\/heads\/feature\n.*refs\/tags\/v1/);
    expect((await client.list(buildKind)).items).toEqual([]);
  });

  it("may be forced, and may not delete what is deployed", async () => {
    void playBuilds();
    await commit("one");
    await git(["push", urlFor("ann"), "main"]);
    await git(["commit", "-q", "--amend", "-m", "Another"]);
    expect((await git(["push", urlFor("ann"), "main"])).text).toContain("rejected");
    expect((await git(["push", "--force", urlFor("ann"), "main"])).code).toBe(0);
    const deleted = await git(["push", urlFor("ann"), ":main"]);
    expect(deleted.text).toContain("main is the branch that hello is deployed from: it cannot be deleted");
    expect(await refs()).toContain("refs/heads/main");
  });

  it("waits for another one of the app, and is refused when that moved the branch", async () => {
    const playing = playBuilds("hold");
    await commit("one");
    const first = git(["push", urlFor("ann"), "main"]);
    await expect.poll(async () => (await client.list(buildKind)).items.length, patient).toBe(1);
    await git(["checkout", "-q", "-b", "other"]);
    await commit("two");
    const waits = Promise.withResolvers<void>();
    const second = git(["push", urlFor("ann"), "other:main"], work, (text) => {
      if (text.includes("Waiting for another push of hello to end")) waits.resolve();
    });
    await waits.promise;
    expect((await client.list(buildKind)).items.length).toBe(1);
    await endBuild(await client.get(buildKind, { namespace: "default", name: "hello-1" }), {
      phase: "Complete",
    });
    expect((await first).code).toBe(0);
    const { code, text } = await second;
    expect(code).not.toBe(0);
    expect(text).toContain("another push has moved main meanwhile: fetch, merge and push again");
    void playing;
  });

  it("that breaks off cancels its build and leaves the branch", async () => {
    void playBuilds("hold");
    await commit("one");
    const child = spawn("git", ["push", urlFor("ann"), "main"], {
      cwd: work,
      env: { PATH: path, HOME: dir },
    });
    await expect.poll(async () => (await client.list(buildKind)).items.length, patient).toBe(1);
    child.kill("SIGKILL");
    server.closeAllConnections();
    await expect
      .poll(
        async () =>
          (await client.get(buildKind, { namespace: "default", name: "hello-1" })).status?.cancelled,
        patient,
      )
      .toBe(true);
    expect(await refs()).toBe("");
  });

  it("larger than the limit is refused", async () => {
    const noise = Buffer.from(Array.from({ length: 2 * 1024 ** 2 }, () => Math.floor(Math.random() * 256)));
    await commit("one");
    await writeFile(join(work, "noise"), noise);
    await git(["add", "."]);
    await git(["commit", "-q", "-m", "Noise"]);
    const pushed = await git(["push", urlFor("ann"), "main"]);
    expect(pushed.code).not.toBe(0);
    expect(pushed.text).toMatch(/exceeds maximum allowed size|unpack/);
    expect((await client.list(buildKind)).items).toEqual([]);
  });
});

describe("who is not let in", () => {
  it.each([
    ["a wrong token", "eve", "hello", /Authentication failed|could not read/],
    ["no right to deploy", "bob", "hello", /remote: bob may not deploy hello\./],
    [
      "no such app",
      "ann",
      "nothing",
      /remote: There is no app nothing in namespace default\. Make it first: nagi create nothing/,
    ],
    ["no such namespace", "ann", "team/hello", /remote: There is no app hello in namespace team\./],
  ])("%s", async (_name, user, repository, message) => {
    await commit("one");
    const pushed = await git(["push", urlFor(user, repository), "main"]);
    expect(pushed.code).not.toBe(0);
    expect(pushed.text).toMatch(message);
  });

  it("a push to the directory", async () => {
    void playBuilds();
    await commit("one");
    await git(["push", urlFor("ann"), "main"]);
    const bare = join(dir, "git/repositories/default/hello.git");
    await git(["checkout", "-q", "-b", "x"]);
    await commit("two");
    const direct = await git([
      "push",
      `--receive-pack=git -c core.hooksPath=${dir}/git/hooks receive-pack`,
      bare,
      "x:y",
    ]);
    expect(direct.text).toContain("This repository belongs to Nagi: push to its URL");
  });
});

describe("parseGitRequest", () => {
  it.each([
    ["GET", "/hello.git/info/refs?service=git-upload-pack", "default/hello", false],
    ["GET", "/team/hello.git/info/refs?service=git-receive-pack", "team/hello", true],
    ["POST", "/hello.git/git-receive-pack", "default/hello", true],
    ["POST", "/hello.git/git-upload-pack", "default/hello", false],
  ])("%s %s", (method, target, key, writes) => {
    const found = parseGitRequest(method, target);
    expect(`${found?.repository.namespace}/${found?.repository.app}`).toBe(key);
    expect(found?.writes).toBe(writes);
  });

  it.each([
    ["GET", "/hello.git/HEAD"],
    ["GET", "/hello.git/objects/info/packs"],
    ["GET", "/a/b/c.git/info/refs?service=git-upload-pack"],
    ["GET", "/Hello.git/info/refs?service=git-upload-pack"],
    ["GET", "/hello.git/info/refs?service=git-upload-archive"],
    ["POST", "/hello.git/info/refs?service=git-upload-pack"],
    ["DELETE", "/hello.git/git-receive-pack"],
  ])("knows no %s %s", (method, target) => expect(parseGitRequest(method, target)).toBeUndefined());
});
