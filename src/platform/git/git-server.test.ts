/** Who may push what, and what becomes of it. */

import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { build as buildKind } from "../../model/kinds/build/build/build.ts";
import { parseGitRequest } from "./git-server.ts";
import { GitBench, testPath } from "./testing/git-bench.ts";

/** The machine may be busy. */
const patient = { timeout: 20_000 } as const;

let bench: GitBench;
beforeEach(async () => {
  bench = await GitBench.start();
});
afterEach(() => bench.stop());

describe("a push", () => {
  it("builds the commit, tells the log and where the app answers, and moves the branch", async () => {
    void bench.playBuilds();
    const head = await bench.commit("one");
    const pushed = await bench.run(["push", bench.url("ann"), "main"]);
    expect(pushed.text).toMatch(
      /-----> hello-1: main at \w{7}, Write one *\nremote: {8}First build *\nremote: {8}source of \d+ KiB *\nremote: -----> Build *\nremote: {8}a step *\nremote: -----> Release v1 *\nremote: {8}live after [\d.]+ s *\nremote: {8}http:\/\/hello\.test/,
    );
    expect(pushed.code).toBe(0);
    expect(await bench.refs()).toContain(`${head}\trefs/heads/main`);
    const build = await bench.client.get(buildKind, { namespace: "default", name: "hello-1" });
    expect(build.spec).toMatchObject({
      revision: { git: { commit: head, author: { name: "Ann" }, message: "Write one" } },
      output: { to: { name: "hello:latest" } },
    });
    expect(await bench.sources.has(build.spec.source?.binary?.asFile ?? "")).toBe(true);
    await bench.commit("two");
    expect((await bench.run(["push", bench.url("ann"), "main"])).text).toContain("Release v2");
    const clone = await bench.run(["clone", "-q", bench.url("bob"), join(bench.dir, "clone")], bench.dir);
    expect(clone.code).toBe(0);
  });

  it("is rejected with its build, and the branch stays", async () => {
    void bench.playBuilds({ phase: "Complete" }, { phase: "Failed", message: "no" });
    const first = await bench.commit("one");
    await bench.run(["push", bench.url("ann"), "main"]);
    await bench.commit("two");
    const pushed = await bench.run(["push", bench.url("ann"), "main"]);
    expect(pushed.code).not.toBe(0);
    expect(pushed.text).toContain("remote:  !     hello-2 failed. What runs is left as it is.");
    expect(pushed.text).toContain("pre-receive hook declined");
    expect(await bench.refs()).toContain(`${first}\trefs/heads/main`);
  });

  it("of another branch or a tag is stored and builds nothing", async () => {
    await bench.commit("one");
    await bench.run(["tag", "v1"]);
    const pushed = await bench.run(["push", bench.url("ann"), "main:feature", "v1"]);
    expect(pushed.text).toContain("Branch feature is stored and not deployed");
    expect(pushed.text).toContain("Tag v1 is stored and not deployed");
    expect(await bench.refs()).toMatch(/refs\/heads\/feature\n.*refs\/tags\/v1/);
    expect((await bench.client.list(buildKind)).items).toEqual([]);
  });

  it("may be forced, and may not delete what is deployed", async () => {
    void bench.playBuilds();
    await bench.commit("one");
    await bench.run(["push", bench.url("ann"), "main"]);
    await bench.run(["commit", "-q", "--amend", "-m", "Another"]);
    expect((await bench.run(["push", bench.url("ann"), "main"])).text).toContain("rejected");
    expect((await bench.run(["push", "--force", bench.url("ann"), "main"])).code).toBe(0);
    const deleted = await bench.run(["push", bench.url("ann"), ":main"]);
    expect(deleted.text).toContain("main is the branch that hello is deployed from: it cannot be deleted");
    expect(await bench.refs()).toContain("refs/heads/main");
  });

  it("waits for another one of the app, and is refused when that moved the branch", async () => {
    const playing = bench.playBuilds("hold");
    await bench.commit("one");
    const first = bench.run(["push", bench.url("ann"), "main"]);
    await expect.poll(async () => (await bench.client.list(buildKind)).items.length, patient).toBe(1);
    await bench.run(["checkout", "-q", "-b", "other"]);
    await bench.commit("two");
    const waits = Promise.withResolvers<void>();
    const second = bench.run(["push", bench.url("ann"), "other:main"], bench.work, (text) => {
      if (text.includes("Waiting for another push of hello to end")) waits.resolve();
    });
    await waits.promise;
    expect((await bench.client.list(buildKind)).items.length).toBe(1);
    await bench.endBuild(await bench.client.get(buildKind, { namespace: "default", name: "hello-1" }), {
      phase: "Complete",
    });
    expect((await first).code).toBe(0);
    const { code, text } = await second;
    expect(code).not.toBe(0);
    expect(text).toContain("another push has moved main meanwhile: fetch, merge and push again");
    void playing;
  });

  it("that breaks off cancels its build and leaves the branch", async () => {
    void bench.playBuilds("hold");
    await bench.commit("one");
    const child = spawn("git", ["push", bench.url("ann"), "main"], {
      cwd: bench.work,
      env: { PATH: testPath, HOME: bench.dir },
    });
    await expect.poll(async () => (await bench.client.list(buildKind)).items.length, patient).toBe(1);
    child.kill("SIGKILL");
    bench.server.closeAllConnections();
    await expect
      .poll(
        async () =>
          (await bench.client.get(buildKind, { namespace: "default", name: "hello-1" })).status?.cancelled,
        patient,
      )
      .toBe(true);
    expect(await bench.refs()).toBe("");
  });

  it("larger than the limit is refused", async () => {
    const noise = Buffer.from(Array.from({ length: 2 * 1024 ** 2 }, () => Math.floor(Math.random() * 256)));
    await bench.commit("one");
    await writeFile(join(bench.work, "noise"), noise);
    await bench.run(["add", "."]);
    await bench.run(["commit", "-q", "-m", "Noise"]);
    const pushed = await bench.run(["push", bench.url("ann"), "main"]);
    expect(pushed.code).not.toBe(0);
    expect(pushed.text).toMatch(/exceeds maximum allowed size|unpack/);
    expect((await bench.client.list(buildKind)).items).toEqual([]);
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
    await bench.commit("one");
    const pushed = await bench.run(["push", bench.url(user, repository), "main"]);
    expect(pushed.code).not.toBe(0);
    expect(pushed.text).toMatch(message);
  });

  it("a push to the directory", async () => {
    void bench.playBuilds();
    await bench.commit("one");
    await bench.run(["push", bench.url("ann"), "main"]);
    const bare = join(bench.dir, "git/repositories/default/hello.git");
    await bench.run(["checkout", "-q", "-b", "x"]);
    await bench.commit("two");
    const direct = await bench.run([
      "push",
      `--receive-pack=git -c core.hooksPath=${bench.dir}/git/hooks receive-pack`,
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
