import { describe, expect, it } from "vitest";
import { sourceTreeOf, type SourceTree } from "../../source-tree.ts";
import { parseProcfile } from "../../procfile.ts";
import { detectNode, type NodeDetection } from "./detect-node.ts";

const manifest = (fields: object): string => JSON.stringify({ name: "app", ...fields });
const started = { scripts: { start: "node server.js" } };

function detect(tree: SourceTree): NodeDetection {
  const procfile = tree.text("Procfile");
  const parsed = procfile === undefined ? undefined : parseProcfile(procfile);
  const processes = parsed?.ok === true ? parsed.processes : {};
  return detectNode({ tree, processes, versions: { node: "24.21.0" } });
}

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
    expect(detect(sourceTreeOf(files))).toMatchObject({ ok: true, plan: { processes } });
  });
});

describe("the package manager", () => {
  it.each<[string, Record<string, string>, object]>([
    ["npm of the platform", { "package-lock.json": "{}" }, { name: "npm", lockfile: "package-lock.json" }],
    ["yarn 1", { "yarn.lock": "# yarn lockfile v1" }, { name: "yarn", install: "yarn@1" }],
    [
      "yarn berry",
      { "yarn.lock": "__metadata:\n  version: 8" },
      { name: "yarn-berry", install: "@yarnpkg/cli-dist@>=4.0.0 <4.14.0", linksModules: true },
    ],
    [
      "yarn berry of today",
      { "yarn.lock": "__metadata:\n  version: 10" },
      { name: "yarn-berry", install: "@yarnpkg/cli-dist@4", linksModules: true },
    ],
    [
      "yarn 3",
      { "yarn.lock": "__metadata:\n  version: 6\n  cacheKey: 8" },
      { name: "yarn-berry", install: "@yarnpkg/cli-dist@3", linksModules: true },
    ],
    ["pnpm 10", { "pnpm-lock.yaml": "lockfileVersion: '9.0'" }, { name: "pnpm", install: "pnpm@10" }],
    ["pnpm 8", { "pnpm-lock.yaml": "lockfileVersion: '6.0'" }, { name: "pnpm", install: "pnpm@8" }],
    ["pnpm 7", { "pnpm-lock.yaml": "lockfileVersion: 5.4" }, { name: "pnpm", install: "pnpm@7" }],
  ])("%s", (_name, files, manager) => {
    const tree = sourceTreeOf({ "package.json": manifest(started), ...files });
    expect(detect(tree)).toMatchObject({ ok: true, plan: { manager } });
  });

  it("is the declared one, in its version", () => {
    const declared = sourceTreeOf({
      "package.json": manifest({ ...started, packageManager: "pnpm@9.1.0+sha512.abc" }),
      "pnpm-lock.yaml": "",
    });
    expect(detect(declared)).toMatchObject({ plan: { manager: { install: "pnpm@9.1.0" } } });
    const unknown = sourceTreeOf({ "package.json": manifest({ ...started, packageManager: "bun@1.0.0" }) });
    expect(detect(unknown)).toMatchObject({ ok: false });
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
    expect(detect(tree)).toMatchObject({
      plan: {
        manifests: ["package.json", "package-lock.json", ".npmrc", "packages/a/package.json"],
        sourcesFirst: false,
      },
    });
  });
});
