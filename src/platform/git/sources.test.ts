/** Parts of repositories, repositories in repositories, and repositories without their history. */

import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { extract } from "tar-stream";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { describeChanges } from "./changes.ts";
import { ownRepository } from "./submodules.ts";
import { GitBench } from "./testing/git-bench.ts";

let bench: GitBench;
beforeEach(async () => {
  bench = await GitBench.start();
  void bench.playBuilds();
});
afterEach(() => bench.stop());

/** Every git of the tests may read files of this machine. */
const local = ["-c", "protocol.file.allow=always"];

function buildOf(name: string): Promise<Build> {
  return bench.client.get(buildKind, { namespace: "default", name });
}

async function filesOf(build: Build): Promise<string[]> {
  const names: string[] = [];
  const entries = extract();
  bench.sources.open(build.spec.source?.binary?.asFile ?? "").pipe(entries);
  for await (const entry of entries) {
    if (entry.header.type === "file") names.push(entry.header.name);
    entry.resume();
  }
  return names.toSorted();
}

describe("a repository with several apps", () => {
  beforeEach(async () => {
    bench.seedApp("web", { source: { contextDir: "apps/web" } });
    bench.seedApp("api", { source: { contextDir: "apps/api" } });
    await bench.commit({ "apps/web/a.txt": "a", "apps/api/b.txt": "b", "README.md": "both" });
  });

  it("builds each app of its root, and only when that changes", async () => {
    const first = await bench.run(["push", bench.url("ann", "web"), "main"]);
    expect(first.text).toMatch(/source of \d+ KiB, root apps\/web/);
    const build = await buildOf("web-1");
    expect(build.spec.source?.contextDir).toBe("apps/web");
    expect(await filesOf(build)).toEqual(["apps/web/a.txt"]);
    await bench.run(["push", bench.url("ann", "api"), "main"]);
    const head = await bench.commit({ "apps/web/a.txt": "changed" });
    const api = await bench.run(["push", bench.url("ann", "api"), "main"]);
    expect(api).toMatchObject({ code: 0 });
    expect(api.text).toContain("Nothing in apps/api has changed since v1, which is live: not built again");
    expect(await bench.refs("api")).toContain(head);
    const web = await bench.run(["push", bench.url("ann", "web"), "main"]);
    expect(web.text).toContain("1 file changed since v1 (+1 -1): apps/web/a.txt");
    expect((await bench.client.list(buildKind)).items).toHaveLength(3);
  });

  it("builds all the same when that is asked for", async () => {
    await bench.run(["push", bench.url("ann", "web"), "main"]);
    await bench.commit({ "README.md": "other" });
    const forced = await bench.run(["push", "-o", "force", "-o", "no-wait", bench.url("ann", "web"), "main"]);
    expect(forced.text).toContain("No file changed since v1");
    expect(forced.text).toContain("The release goes on: see nagi releases");
    await bench.commit({ "README.md": "another" });
    const wrong = await bench.run(["push", "-o", "now", bench.url("ann", "web"), "main"]);
    expect(wrong.text).toContain('there is no push option "now"; the options: no-wait, force, no-cache');
    expect(wrong.code).not.toBe(0);
  });

  it("says what there is when the root is missing", async () => {
    bench.client.seed({
      ...(await bench.client.get(appKind, { namespace: "default", name: "web" })),
      spec: { source: { contextDir: "web" } },
    });
    const pushed = await bench.run(["push", bench.url("ann", "web"), "main"]);
    expect(pushed.code).not.toBe(0);
    expect(pushed.text).toContain(
      "the commit has no directory web, which is the root of web. At its top are: apps",
    );
  });
});

describe("a clone without history", () => {
  it("is pushed, before and after one with it", async () => {
    await bench.commit("one");
    await bench.commit("two");
    const shallow = join(bench.dir, "shallow");
    await bench.run(["clone", "-q", "--depth=1", `file://${bench.work}`, shallow]);
    const pushed = await bench.run(["push", bench.url("ann"), "main"], shallow);
    expect(pushed.text).toContain("live after");
    await bench.commit({ "a.txt": "three" }, shallow);
    const again = await bench.run(["push", bench.url("ann"), "main"], shallow);
    expect(again).toMatchObject({ code: 0 });
    expect(again.text).toContain("1 file changed since v1 (+1 -0): a.txt");
    await bench.commit("four");
    expect(await bench.run(["push", "--force", bench.url("ann"), "main"])).toMatchObject({ code: 0 });
  });
});

describe("a tag", () => {
  it("is deployed as the message says", async () => {
    const tagged = await bench.commit("one");
    await bench.run(["tag", "-a", "-m", "First", "v1"]);
    const stored = await bench.run(["push", bench.url("ann"), "v1"]);
    expect(stored.text).toContain("To deploy it: git push nagi v1^{}:refs/heads/main");
    expect(await bench.run(["push", bench.url("ann"), "v1^{}:refs/heads/main"])).toMatchObject({ code: 0 });
    expect((await buildOf("hello-1")).spec.revision?.git?.commit).toBe(tagged);
  });
});

describe("submodules", () => {
  it("are taken from apps of the platform, below each other", async () => {
    for (const name of ["lib", "inner"]) bench.seedApp(name);
    const inner = join(bench.dir, "inner");
    const lib = join(bench.dir, "lib");
    for (const each of [inner, lib]) await bench.run(["init", "-q", "-b", "main", each], bench.dir);
    await bench.commit({ "inner.txt": "in" }, inner);
    await bench.run(["push", bench.url("ann", "inner"), "main:x"], inner);
    await bench.run([...local, "submodule", "add", "-q", inner, "deep"], lib);
    await bench.run(
      ["config", "-f", ".gitmodules", "submodule.deep.url", "http://platform.test/inner.git"],
      lib,
    );
    await bench.commit({ "lib.txt": "lib" }, lib);
    await bench.run([...local, "submodule", "add", "-q", lib, "libs/lib"]);
    await bench.run(["config", "-f", ".gitmodules", "submodule.libs/lib.url", "../lib.git"]);
    await bench.commit("one");
    const early = await bench.run(["push", bench.url("ann"), "main"]);
    expect(early.text).toMatch(/app lib has no commit \w{7} for submodule libs\/lib: push it there first/);
    expect(early.code).not.toBe(0);
    await bench.run(["push", bench.url("ann", "lib"), "main:x"], lib);
    const pushed = await bench.run(["push", bench.url("ann"), "main"]);
    expect(pushed.text).toContain("with submodules libs/lib, libs/lib/deep");
    const build = await buildOf("hello-1");
    expect(await filesOf(build)).toEqual([
      ".gitmodules",
      "file.txt",
      "libs/lib/.gitmodules",
      "libs/lib/deep/inner.txt",
      "libs/lib/lib.txt",
    ]);
    await bench.sources.remove(build.spec.source?.binary?.asFile ?? "");
    expect(await bench.git.restoreSource(build)).toBe(true);
    expect(await filesOf(build)).toHaveLength(5);
  });

  it("that cannot be had refuse the push with what to do", async () => {
    const lib = join(bench.dir, "lib");
    await bench.run(["init", "-q", "-b", "main", lib], bench.dir);
    await bench.commit("lib", lib);
    await bench.run([...local, "submodule", "add", "-q", lib, "lib"]);
    await bench.commit("one");
    const file = await bench.run(["push", bench.url("ann"), "main"]);
    expect(file.code).not.toBe(0);
    expect(file.text).toMatch(
      /cannot fetch submodule lib \(commit \w{7}\) from .*must begin with http:\/\/, https:\/\/ or ssh:\/\//s,
    );
    await bench.run(["rm", "-q", "--cached", ".gitmodules"]);
    await bench.run(["commit", "-q", "-m", "Forget"]);
    const unknown = await bench.run(["push", bench.url("ann"), "main"]);
    expect(unknown.text).toContain("lib is a git repository of its own, but .gitmodules does not say");
    expect((await bench.client.list(buildKind)).items).toEqual([]);
  });
});

describe("ownRepository", () => {
  it.each([
    ["../lib.git", "default", { namespace: "default", app: "lib" }],
    ["../lib.git", "team", { namespace: "team", app: "lib" }],
    ["http://p.test/team/lib", "default", { namespace: "team", app: "lib" }],
    ["../a/b/lib.git", "default", "outside"],
    ["https://elsewhere.test/lib.git", "default", undefined],
  ])("%s of %s", (url, namespace, found) => {
    expect(ownRepository(url, namespace, "http://p.test")).toEqual(found);
  });
});

describe("describeChanges", () => {
  it("counts lines and names files", () => {
    const files = ["1\t2\ta", "-\t-\tb.png", "3\t0\tc", "1\t0\td"];
    expect(describeChanges(`${files.join("\0")}\0`, "v4")).toBe(
      "4 files changed since v4 (+5 -2): a, b.png, c and 1 more",
    );
  });
});
