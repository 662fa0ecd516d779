import { describe, expect, it } from "vitest";
import { detect } from "./detect.ts";
import { sourceTreeOf } from "./source-tree.ts";

const nodeVersion = "24.21.0";
const manifest = (fields: object): string => JSON.stringify({ name: "app", ...fields });
const started = { scripts: { start: "node server.js" } };

function found(files: Record<string, string>): string {
  const detection = detect(sourceTreeOf(files), { nodeVersion });
  return detection.ok ? `${detection.plan.strategy}: ${detection.plan.explanation}` : detection.message;
}

describe("detect explains what it found", () => {
  it.each<[string, Record<string, string>, string]>([
    ["a Dockerfile", { Dockerfile: "FROM x" }, "dockerfile: Container image from Dockerfile"],
    [
      "a Containerfile before a Dockerfile and package.json",
      { Dockerfile: "", Containerfile: "", "package.json": "{}", Procfile: "web: a\nworker: b" },
      "dockerfile: Container image from Containerfile, Procfile with web, worker",
    ],
    [
      "a start script and no lockfile",
      { "package.json": manifest(started), "server.js": "" },
      "nodejs: Node.js app: package.json; Node.js 24.21.0; start script",
    ],
    [
      "engines that the platform satisfies",
      {
        "package.json": manifest({ engines: { node: ">=20 <25" } }),
        "package-lock.json": "{}",
        Procfile: "web: node a.js",
      },
      'nodejs: Node.js app: package.json with package-lock.json; Node.js 24.21.0 (engines ">=20 <25"); Procfile with web',
    ],
    [
      "engines that it does not satisfy",
      {
        "package.json": manifest({ ...started, engines: { node: "22.x" } }),
        "yarn.lock": "# yarn lockfile v1",
      },
      'nodejs: Node.js app: package.json with yarn.lock; Node.js 22.x (engines "22.x"); start script',
    ],
    [
      ".nvmrc with the name of a line",
      { "package.json": manifest(started), ".nvmrc": "lts/jod\n" },
      'nodejs: Node.js app: package.json; Node.js 22 (.nvmrc "lts/jod"); start script',
    ],
    ["index.html", { "index.html": "" }, "static: Static site: index.html"],
    ["public/index.html", { "public/index.html": "" }, "static: Static site: public/index.html"],
    [
      "static.json",
      {
        "dist/index.html": "",
        "static.json": '{"root":"dist/","routes":{"/**":"index.html"}}',
      },
      "static: Static site: dist/index.html, everything else answered by index.html",
    ],
    [
      "nothing known",
      { "main.c": "" },
      "cannot tell what kind of app this is: looked for Dockerfile, Containerfile, package.json, index.html and public/index.html in the root of the source; add one of them.",
    ],
    ["no files", {}, "the source has no files: commit something first"],
    [
      "a broken Procfile",
      { Procfile: "web" },
      'Procfile line 1: "web" has no colon: write `name: command`, for instance `web: node server.js`',
    ],
    [
      "a broken engines",
      { "package.json": manifest({ engines: { node: "new" } }) },
      'engines asks for Node.js "new", which is not a version range: write for instance ">=24"',
    ],
    ["package.json that is no object", { "package.json": "[]" }, "package.json: must be an object"],
    [
      "no way to start",
      { "package.json": manifest({}) },
      'cannot tell how to start this Node.js app: add a "start" script to package.json, or a Procfile with for instance `web: node server.js`',
    ],
    [
      "two lockfiles",
      { "package.json": manifest(started), "yarn.lock": "", "package-lock.json": "" },
      "the source has yarn.lock and package-lock.json: keep the lockfile of one package manager",
    ],
    [
      "static.json that names what is not there",
      { "static.json": '{"root":"dist"}' },
      "static.json: there is no dist/index.html in the source",
    ],
    [
      "static.json that leads out",
      { "static.json": '{"root":"../.."}' },
      'static.json: root must be a directory of the source, for instance "dist"',
    ],
  ])("%s", (_name, files, explanation) => expect(found(files)).toBe(explanation));

  it("says where package.json is broken", () => {
    expect(found({ "package.json": '{"name": }' })).toMatch(/^package\.json: .*JSON/);
  });

  it("takes the Dockerfile that the build names, and misses it", () => {
    const tree = sourceTreeOf({ "docker/Dockerfile.prod": "", "package.json": manifest(started) });
    const named = detect(tree, { nodeVersion, dockerfilePath: "docker/Dockerfile.prod" });
    expect(named).toMatchObject({
      ok: true,
      plan: { strategy: "dockerfile", path: "docker/Dockerfile.prod" },
    });
    const missing = detect(tree, { nodeVersion, dockerfilePath: "Dockerfile" });
    expect(missing).toMatchObject({ ok: false, message: expect.stringContaining("no Dockerfile") });
  });
});

describe("the process types of a Node.js app", () => {
  it.each<[string, Record<string, string>, Record<string, string>]>([
    [
      "a plain start script runs without npm",
      { "package.json": manifest(started) },
      { web: "node server.js" },
    ],
    [
      "another start script runs through npm",
      { "package.json": manifest({ scripts: { start: "next start" } }) },
      { web: "npm start" },
    ],
    [
      "a start script with a prestart runs through npm",
      { "package.json": manifest({ scripts: { start: "node a.js", prestart: "x" } }) },
      { web: "npm start" },
    ],
    [
      "the main file",
      { "package.json": manifest({ main: "./lib/main.js" }), "lib/main.js": "" },
      { web: "node ./lib/main.js" },
    ],
    ["server.js", { "package.json": manifest({}), "server.js": "" }, { web: "node server.js" }],
    [
      "the Procfile before the start script",
      { "package.json": manifest(started), Procfile: "worker: node w.js" },
      { worker: "node w.js" },
    ],
  ])("%s", (_name, files, processes) => {
    expect(detect(sourceTreeOf(files), { nodeVersion })).toMatchObject({ ok: true, plan: { processes } });
  });
});

describe("the package manager", () => {
  it.each<[string, Record<string, string>, object]>([
    ["npm of the platform", { "package-lock.json": "{}" }, { name: "npm", lockfile: "package-lock.json" }],
    ["yarn 1", { "yarn.lock": "# yarn lockfile v1" }, { name: "yarn", install: "yarn@1" }],
    [
      "yarn berry",
      { "yarn.lock": "__metadata:\n  version: 8" },
      { name: "yarn-berry", install: "@yarnpkg/cli-dist@4" },
    ],
    ["pnpm 10", { "pnpm-lock.yaml": "lockfileVersion: '9.0'" }, { name: "pnpm", install: "pnpm@10" }],
    ["pnpm 8", { "pnpm-lock.yaml": "lockfileVersion: '6.0'" }, { name: "pnpm", install: "pnpm@8" }],
    ["pnpm 7", { "pnpm-lock.yaml": "lockfileVersion: 5.4" }, { name: "pnpm", install: "pnpm@7" }],
  ])("%s", (_name, files, manager) => {
    const tree = sourceTreeOf({ "package.json": manifest(started), ...files });
    expect(detect(tree, { nodeVersion })).toMatchObject({ ok: true, plan: { manager } });
  });

  it("is the declared one, in its version", () => {
    const declared = sourceTreeOf({
      "package.json": manifest({ ...started, packageManager: "pnpm@9.1.0+sha512.abc" }),
      "pnpm-lock.yaml": "",
    });
    expect(detect(declared, { nodeVersion })).toMatchObject({ plan: { manager: { install: "pnpm@9.1.0" } } });
    const unknown = sourceTreeOf({ "package.json": manifest({ ...started, packageManager: "bun@1.0.0" }) });
    expect(detect(unknown, { nodeVersion })).toMatchObject({ ok: false });
  });
});

describe("manifests", () => {
  it("are what installing reads, with those of workspaces", () => {
    const tree = sourceTreeOf({
      "package.json": manifest({ ...started, workspaces: ["packages/*"] }),
      "package-lock.json": "",
      ".npmrc": "",
      "packages/a/package.json": "{}",
      "node_modules/x/package.json": "{}",
      "server.js": "",
    });
    expect(detect(tree, { nodeVersion })).toMatchObject({
      plan: {
        manifests: ["package.json", "package-lock.json", ".npmrc", "packages/a/package.json"],
        sourcesFirst: false,
      },
    });
  });
});
