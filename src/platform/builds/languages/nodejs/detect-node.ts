/** Node.js apps: package.json, a lockfile that says the package manager, a framework, Procfile or start script. */

import type { SourceTree } from "../../source-tree.ts";
import type { LanguageInput } from "../language.ts";
import { findFramework, type Framework } from "./framework.ts";
import { chooseNode, type NodeChoice } from "./node-version.ts";
import { choosePackageManager, type PackageManager } from "./package-manager.ts";
import { readPackageJson, type PackageJson } from "./package-json.ts";

export interface NodePlan {
  readonly explanation: string;
  readonly node: NodeChoice;
  readonly manager: PackageManager;
  readonly framework?: Framework | undefined;
  /** Debian packages of the Aptfile. */
  readonly packages: readonly string[];
  /** Whether anything has to be installed at all. */
  readonly hasDependencies: boolean;
  /** What installing reads: copied before the sources, so that a changed source installs nothing again. */
  readonly manifests: readonly string[];
  /** An install script of the app itself may need any file: then all sources come first. */
  readonly sourcesFirst: boolean;
  /** Whether node_modules comes with the source, and shall be taken as it is. */
  readonly vendored: boolean;
  readonly buildScript: boolean;
  readonly processes: Readonly<Record<string, string>>;
}

export type NodeDetection =
  | { readonly ok: true; readonly plan: NodePlan }
  | { readonly ok: false; readonly message: string };

const maxManifests = 2000;
const installScripts = ["preinstall", "install", "postinstall", "prepare"] as const;

export function detectNode(
  { tree, processes, versions }: LanguageInput,
  packages: readonly string[] = [],
): NodeDetection {
  const read = readPackageJson(tree.text("package.json") ?? "");
  if (!read.ok) return read;
  const { manifest } = read;
  const { scripts } = manifest;
  const node = chooseNode(tree, manifest.enginesNode, versions["node"] ?? "");
  if (!node.ok) return node;
  const manager = choosePackageManager(tree, manifest.packageManager);
  if (!manager.ok) return manager;
  const framework = findFramework(tree, manifest);
  const started = withWeb({ tree, processes, manifest, framework });
  if (!started.ok) return started;
  const vendored = isVendored(tree);
  const plan: NodePlan = {
    explanation: explain(node.choice, { manager: manager.manager, vendored }, started.from),
    node: node.choice,
    manager: manager.manager,
    framework,
    packages,
    hasDependencies: manifest.hasDependencies,
    manifests: manifestsOf(tree, manifest.hasWorkspaces),
    sourcesFirst: installScripts.some((name) => scripts[name] !== undefined),
    vendored,
    buildScript: scripts["build"] !== undefined,
    processes: started.processes,
  };
  return { ok: true, plan };
}

/** The machine of the pusher may be another one, so that somebody has to say so: npm's own setting, in the source. */
function isVendored(tree: SourceTree): boolean {
  if (!/^\s*offline\s*=\s*(true|"true")?\s*$/m.test(tree.text(".npmrc") ?? "")) return false;
  return [...tree.paths].some((path) => path.startsWith("node_modules/"));
}

interface Installing {
  readonly manager: PackageManager;
  readonly vendored: boolean;
}

function explain(node: NodeChoice, { manager, vendored }: Installing, from: string): string {
  const lockfile = manager.lockfile === undefined ? "package.json" : `package.json with ${manager.lockfile}`;
  const found = vendored ? "package.json and node_modules/, which is taken as it is" : lockfile;
  return `Node.js app: ${found}; ${node.text}; ${from}`;
}

type Started =
  | {
      readonly ok: true;
      readonly processes: Readonly<Record<string, string>>;
      readonly from: string;
    }
  | { readonly ok: false; readonly message: string };

interface Startable {
  readonly tree: SourceTree;
  readonly processes: Readonly<Record<string, string>>;
  readonly manifest: PackageJson;
  readonly framework: Framework | undefined;
}

/** The Procfile's processes; without a `web` there, the framework, the start script or the main file is it. */
function withWeb({ tree, processes, manifest, framework }: Startable): Started {
  const { scripts, main } = manifest;
  const types = Object.keys(processes);
  if (types.length > 0) return { ok: true, processes, from: `Procfile with ${types.join(", ")}` };
  if (framework?.site !== undefined) {
    const from = `${framework.name}: the files of ${framework.site}/ are served`;
    return { ok: true, processes: {}, from };
  }
  if (scripts["start"] !== undefined && framework?.ignoresStartScript !== true) {
    const from = framework === undefined ? "start script" : `${framework.name}, start script`;
    return { ok: true, processes: { web: startCommand(scripts) }, from };
  }
  if (framework?.start !== undefined) {
    return { ok: true, processes: { web: framework.start }, from: `${framework.name}: ${framework.start}` };
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

const rootManifests = [
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
];

function manifestsOf(tree: SourceTree, workspaces: boolean): string[] {
  const below = [...tree.paths].filter(
    (path) =>
      path.startsWith(".yarn/cache/") ||
      path.startsWith(".yarn/releases/") ||
      path.startsWith(".yarn/plugins/") ||
      path.startsWith(".yarn/patches/") ||
      path.startsWith("patches/") ||
      (workspaces || tree.paths.has("pnpm-workspace.yaml") ? isNestedManifest(path) : false),
  );
  const atRoot = rootManifests.filter((path) => tree.paths.has(path));
  return [...atRoot, ...below.sort()].slice(0, maxManifests);
}

function isNestedManifest(path: string): boolean {
  return path.endsWith("/package.json") && !path.split("/").includes("node_modules");
}
