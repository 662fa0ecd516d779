/** Node.js apps: package.json, a lockfile that says the package manager, a Procfile or a start script. */

import type { Detection, NodePlan } from "./plan.ts";
import { chooseNode, type NodeChoice } from "./node-version.ts";
import { choosePackageManager, type PackageManager } from "./package-manager.ts";
import type { SourceTree } from "./source-tree.ts";

interface PackageJson {
  readonly main?: unknown;
  readonly scripts?: unknown;
  readonly engines?: unknown;
  readonly dependencies?: unknown;
  readonly devDependencies?: unknown;
  readonly optionalDependencies?: unknown;
  readonly workspaces?: unknown;
  readonly packageManager?: unknown;
}

const maxManifests = 2000;
const installScripts = ["preinstall", "install", "postinstall", "prepare"] as const;

export function detectNode(
  tree: SourceTree,
  processes: Readonly<Record<string, string>>,
  platformVersion: string,
): Detection {
  const manifest = readPackageJson(tree.text("package.json") ?? "");
  if ("message" in manifest) return { ok: false, message: manifest.message };
  const { value } = manifest;
  const scripts = strings(value.scripts);
  const node = chooseNode(tree, strings(value.engines)["node"], platformVersion);
  if (!node.ok) return node;
  const manager = choosePackageManager(tree, textOf(value.packageManager));
  if (!manager.ok) return manager;
  const started = withWeb(tree, processes, scripts, textOf(value.main));
  if (!started.ok) return started;
  const hasDependencies =
    [value.dependencies, value.devDependencies, value.optionalDependencies].some(hasEntries) ||
    value.workspaces !== undefined;
  const plan: NodePlan = {
    strategy: "nodejs",
    explanation: explain(node.choice, manager.manager, started.from),
    node: node.choice,
    manager: manager.manager,
    hasDependencies,
    manifests: manifestsOf(tree, value.workspaces !== undefined),
    sourcesFirst: installScripts.some((name) => scripts[name] !== undefined),
    buildScript: scripts["build"] !== undefined,
    processes: started.processes,
  };
  return { ok: true, plan };
}

function explain(node: NodeChoice, manager: PackageManager, from: string): string {
  const found = manager.lockfile === undefined ? "package.json" : `package.json with ${manager.lockfile}`;
  return `Node.js app: ${found}; ${node.text}; ${from}`;
}

type Started =
  | {
      readonly ok: true;
      readonly processes: Readonly<Record<string, string>>;
      readonly from: string;
    }
  | { readonly ok: false; readonly message: string };

/** The Procfile's processes; without a `web` there, the start script or the main file is it. */
function withWeb(
  tree: SourceTree,
  processes: Readonly<Record<string, string>>,
  scripts: Readonly<Record<string, string>>,
  main: string | undefined,
): Started {
  const types = Object.keys(processes);
  if (types.length > 0) return { ok: true, processes, from: `Procfile with ${types.join(", ")}` };
  if (scripts["start"] !== undefined) {
    return { ok: true, processes: { web: startCommand(scripts) }, from: "start script" };
  }
  const file = [main, "server.js", "index.js", "app.js", "server.mjs", "index.mjs"].find(
    (name) => name !== undefined && tree.paths.has(name.replace(/^\.\//, "")),
  );
  if (file !== undefined) return { ok: true, processes: { web: `node ${file}` }, from: file };
  const message =
    'cannot tell how to start this Node.js app: add a "start" script to package.json, or a Procfile with for instance `web: node server.js`';
  return { ok: false, message };
}

/** A plain `node FILE` is run as it is: npm in between costs memory, start time and signals. */
function startCommand(scripts: Readonly<Record<string, string>>): string {
  const script = scripts["start"] ?? "";
  const wrapped = scripts["prestart"] !== undefined || scripts["poststart"] !== undefined;
  return !wrapped && /^node( [\w@%+=:,./-]+)+$/.test(script) ? script : "npm start";
}

function manifestsOf(tree: SourceTree, workspaces: boolean): string[] {
  const atRoot = [
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
  ].filter((path) => tree.paths.has(path));
  const below = [...tree.paths].filter(
    (path) =>
      path.startsWith(".yarn/releases/") ||
      path.startsWith(".yarn/plugins/") ||
      path.startsWith(".yarn/patches/") ||
      path.startsWith("patches/") ||
      (workspaces || tree.paths.has("pnpm-workspace.yaml") ? isNestedManifest(path) : false),
  );
  return [...atRoot, ...below.sort()].slice(0, maxManifests);
}

function isNestedManifest(path: string): boolean {
  return path.endsWith("/package.json") && !path.split("/").includes("node_modules");
}

function readPackageJson(text: string): { readonly value: PackageJson } | { readonly message: string } {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { value };
    return { message: "package.json: must be an object" };
  } catch (error) {
    return { message: `package.json: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function strings(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function hasEntries(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}
