/** What a user meets when a push goes wrong: a message that says what to do, and nothing half-deployed. */

import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leftoversOfBuilds } from "../harness/leftovers.ts";
import { root, TestPlatform, until, type Outcome } from "../harness/platform.ts";

const server = `import { createServer } from "node:http";
const server = createServer((q, s) => s.end("good")).listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;
const good = {
  "package.json": '{ "name": "app", "type": "module" }',
  "server.js": server,
  Procfile: "web: node server.js\n",
};

let platform: TestPlatform;
let folder: string;
let goodCommit: string;
beforeAll(async () => {
  platform = await TestPlatform.start();
  folder = platform.repository(good);
  platform.createApp("app", [], { cwd: folder });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  goodCommit = platform.ok("git", ["rev-parse", "HEAD"], { cwd: folder }).trim();
});
afterAll(() => platform.stop());

const head = (): string => platform.ok("git", ["ls-remote", "nagi", "refs/heads/main"], { cwd: folder });
const releases = (): string =>
  platform.kubectl([
    "get",
    "releases",
    "-o",
    "jsonpath={range .items[*]}{.metadata.name} {.status.phase},{end}",
  ]);

/** On what runs: whatever was tried before is gone. */
function commitOnGood(files: Readonly<Record<string, string>>): void {
  platform.ok("git", ["reset", "-q", "--hard", "nagi/main"], { cwd: folder });
  platform.commit(folder, files);
}

const manifest = JSON.stringify({ name: "app", dependencies: { "left-pad": "1.3.0" } });
const lockfile = JSON.stringify({
  name: "app",
  lockfileVersion: 3,
  requires: true,
  packages: { "": { name: "app" } },
});

it.each<[string, Record<string, string>, RegExp]>([
  [
    "a Procfile that does not parse",
    { Procfile: "web: node server.js\nworker node w.js\n" },
    /Procfile line 2: "worker node w.js" has no colon/,
  ],
  [
    "a lockfile out of step",
    { "package.json": manifest, "package-lock.json": lockfile },
    /npm install.*commit.*package-lock\.json/is,
  ],
  [
    "a base image that is missing",
    { Dockerfile: "FROM localhost/nagi-no-such-image:1\n" },
    /cannot get an image that the build needs/,
  ],
  ["a Dockerfile that does not parse", { Dockerfile: "FRM nagi/base\n" }, /has no FROM line/],
  [
    "a step that fails",
    { Dockerfile: "FROM nagi/base\nRUN echo why >&2; exit 3\n" },
    /`RUN echo why >&2; exit 3` ended with exit status 3/,
  ],
  [
    "an app.json that is wrong",
    { "app.json": '{ "env": { "A": 1 } }' },
    /app\.json: env\.A is 1: must be a string or an object/,
  ],
  ["an app.json that is no JSON", { "app.json": "{ env: 1 }" }, /app\.json: is not JSON/],
  [
    "a config var that app.json wants",
    { "app.json": '{ "env": { "KEY": {} } }' },
    /nagi config set KEY=\.\.\./,
  ],
])("%s rejects the push, and what runs is left alone", async (_name, files, message) => {
  const before = [head(), releases()];
  commitOnGood(files);
  const { code, stderr } = platform.push(folder);
  expect(stderr).toMatch(message);
  expect(stderr).toContain("What runs is left as it is");
  expect(code).not.toBe(0);
  expect([head(), releases()]).toEqual(before);
  expect(await platform.request("app")).toEqual({ status: 200, text: "good" });
});

it("explains a release phase that used too much memory, and keeps what runs", async () => {
  const limit = { spec: { processes: { release: { resources: { limits: { memory: "64Mi" } } } } } };
  platform.kubectl(["patch", "app", "app", "--type=merge", "-p", JSON.stringify(limit)]);
  commitOnGood({
    Procfile:
      'web: node server.js\nrelease: node -e "const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))"\n',
  });
  const { stderr } = platform.push(folder);
  expect(stderr).toContain("it used more memory than its limit and was killed (OOMKilled, exit code 137)");
  expect(stderr).toContain("What ran before goes on");
  expect(releases()).toBe("app-v1 Live,app-v2 Failed,");
  expect(await platform.request("app")).toEqual({ status: 200, text: "good" });
});

/** An app for what is not Node.js only. */
let other: string;

/** Whatever was pushed before is gone. */
function pushInstead(files: Readonly<Record<string, string>>): Outcome {
  platform.run("git", ["rm", "-rqf", "."], { cwd: other });
  platform.commit(other, files);
  return platform.push(other, ["--force", "nagi", "main"]);
}

const leftPad = {
  "package.json": JSON.stringify({ name: "other", type: "module", dependencies: { "left-pad": "1.3.0" } }),
  "server.js": server,
};
const goMod = "module example.com/app\n\ngo 1.19\n";
const goMain = 'package main\n\nimport "example.com/x"\n\nfunc main() { x.Do() }\n';
const gemfileLock = "GEM\n  specs:\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n\nBUNDLED WITH\n   2.3.15\n";

describe("in other languages", () => {
  beforeAll(() => {
    other = platform.repository({});
    platform.createApp("other", [], { cwd: other });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      "a lockfile of Yarn that is out of step",
      { ...leftPad, "yarn.lock": "# yarn lockfile v1\n" },
      /does not fit package\.json: run `yarn install` and commit yarn\.lock/,
    ],
    [
      "a lockfile of pnpm that is out of step",
      { ...leftPad, "pnpm-lock.yaml": "lockfileVersion: '9.0'\nimporters:\n  .: {}\n" },
      /does not fit package\.json: run `pnpm install` and commit pnpm-lock\.yaml/,
    ],
    [
      "a lockfile of Bundler that is out of step",
      {
        Gemfile: 'source "https://rubygems.org"\ngem "puma"\n',
        "Gemfile.lock": gemfileLock,
        "config.ru": "run ->(env) { [200, {}, []] }\n",
      },
      /does not fit the Gemfile: run `bundle install` and commit Gemfile\.lock/,
    ],
    [
      "a lockfile of Composer that is out of step",
      {
        "composer.json": '{ "require": { "monolog/monolog": "^3.0" } }',
        "composer.lock": '{ "content-hash": "0", "packages": [], "packages-dev": [] }',
        "index.php": "<?php\n",
      },
      /does not fit composer\.json: run `composer update` and commit composer\.lock/,
    ],
    [
      "modules of Go that are out of step",
      {
        "go.mod": `${goMod}\nrequire example.com/x v1.0.0\n`,
        "main.go": goMain,
        "vendor/modules.txt": "# example.com/y v1.0.0\n",
      },
      /vendor\/ does not fit go\.mod: run `go mod vendor` and commit vendor\//,
    ],
    [
      "a module of Go that nothing requires",
      { "go.mod": goMod, "main.go": goMain },
      /the module of example\.com\/x is not in go\.mod: run `go get example\.com\/x`/,
    ],
    [
      "a package of Java that no library has",
      { "Main.java": "import org.nowhere.X;\nclass Main { public static void main(String[] a) {} }\n" },
      /the package org\.nowhere is missing/,
    ],
  ])("%s rejects the push, and says what to do", (_name, files, message) => {
    const { code, stderr } = pushInstead(files);
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
  });

  it("a wheel that is not the one of requirements.txt rejects the push", () => {
    platform.run("git", ["rm", "-rqf", "."], { cwd: other });
    cpSync(join(root, "examples/python-wheels"), other, { recursive: true });
    platform.commit(other, { "requirements.txt": `greeting==1.0.0 --hash=sha256:${"0".repeat(64)}\n` });
    const { code, stderr } = platform.push(other, ["--force", "nagi", "main"]);
    expect(stderr).toContain("a package is not the one that requirements.txt has the hash of");
    expect(code).not.toBe(0);
    rmSync(join(other, "wheels"), { recursive: true });
  });

  it("a build that uses more memory than it may is killed, and explained", async () => {
    const script =
      "const all = []; for (let i = 0; i < 40; i++) all.push(Buffer.alloc(1e7, 1)); process.exit(3)";
    const manifest = { name: "other", scripts: { build: `node -e '${script}'`, start: "node server.js" } };
    expect(pushInstead({ "package.json": JSON.stringify(manifest) }).stderr).toContain("exit status 3");
    const last = platform.nagi(["builds", "--app", "other", "-o", "name"]).trim().split("\n").at(-1) ?? "";
    const { spec } = JSON.parse(platform.kubectl(["get", last, "-o", "json"])) as { spec: object };
    const build = {
      apiVersion: "build.openshift.io/v1",
      kind: "Build",
      metadata: { name: "too-large" },
      spec: { ...spec, resources: { limits: { memory: "64Mi" } } },
    };
    // When it is tried again, there may be one.
    platform.kubectl(["delete", "build", "too-large", "--ignore-not-found"]);
    platform.kubectl(["create", "-f", "-"], { input: JSON.stringify(build) });
    const status = (path: string): string =>
      platform.kubectl(["get", "build", "too-large", "-o", `jsonpath={.status.${path}}`]);
    await until(() => status("phase") === "Failed", "the build to fail");
    expect(status("reason")).toBe("OutOfMemoryKilled");
    expect(status("message")).toMatch(/more memory than the build may \(64 MiB\): exit status 137/);
  });
});

describe("an app that does not start", () => {
  beforeAll(() => {
    platform.kubectl(["patch", "app", "app", "--type=merge", "-p", '{"spec":{"startTimeoutSeconds":10}}']);
  });

  it.each<[string, string, RegExp]>([
    [
      "listens on its own address only",
      server.replace("process.env.PORT)", 'process.env.PORT, "127.0.0.1")'),
      /it runs, but listens on 127\.0\.0\.1:8080, which nobody else reaches; the app must listen/,
    ],
    [
      "listens on another port",
      server.replace("process.env.PORT)", "3000)"),
      /it runs, but listens on \[::\]:3000, not on port 8080; the app must listen on the port in PORT/,
    ],
    ["ends at once", 'console.log("done");\n', /exit code 0, though it should go on running/],
    ["misses a module", 'import "left-pad";\n', /exit code 1: [^]*Cannot find package 'left-pad'/],
  ])("because it %s fails with the reason, and what ran goes on", async (_name, text, message) => {
    platform.ok("git", ["reset", "-q", "--hard", goodCommit], { cwd: folder });
    platform.commit(folder, { "server.js": text });
    const { stderr } = platform.push(folder, ["--force", "nagi", "main"]);
    expect(stderr.replaceAll("remote: ", "")).toMatch(message);
    expect(stderr).toContain("What ran before goes on");
    expect(await platform.request("app")).toEqual({ status: 200, text: "good" });
  });
});

it("has nothing left of all that", async () => {
  const builds = platform.kubectl(["get", "builds", "-o", "jsonpath={.items[*].status.phase}"]).split(" ");
  expect(new Set(builds)).toEqual(new Set(["Complete", "Failed"]));
  // The engine may still be at it when the push has been told.
  await until(() => leftoversOfBuilds(platform).length === 0, "the builds to be tidied").catch(
    () => undefined,
  );
  expect(leftoversOfBuilds(platform)).toEqual([]);
});
