/** Node.js: package.json. */

import type { FailureSign } from "../../failure.ts";
import { aptPackages } from "../aptfile.ts";
import { readsNames, type Language } from "../language.ts";
import { detectNode } from "./detect-node.ts";
import { configNames } from "./framework.ts";
import { installs, nodeContainerfile, runsSteps } from "./node-containerfile.ts";

const stale = (program: string, lockfile: string): string =>
  `the lockfile does not fit package.json: run \`${program} install\` and commit ${lockfile}`;

/** What package managers say when the lockfile was not written for this package.json, or a package is not there. */
const failureSigns: readonly FailureSign[] = [
  [/npm ci.*can only install.*in sync|lock file.*does not satisfy/i, stale("npm", "package-lock.json")],
  [/Your lockfile needs to be updated|lockfile would have been modified/i, stale("yarn", "yarn.lock")],
  [/ERR_PNPM_OUTDATED_LOCKFILE/, stale("pnpm", "pnpm-lock.yaml")],
  [
    /npm (?:error|ERR!) 404 +'?([^' ]+)'? is not in this registry/,
    "the npm registry has no $1: check its name and version in package.json",
  ],
  [
    /(?:Cannot find module|Error \[ERR_MODULE_NOT_FOUND\]: Cannot find package) '([^'.][^']*)'/,
    "$1 is not installed: add it to package.json (`npm install $1`) and commit the lockfile",
  ],
  [
    /there is no Node\.js (\S+) in the npm registry/,
    "there is no Node.js $1: change engines.node in package.json",
  ],
  [
    /(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT) .*registry|request to https?:\/\/\S+ failed/,
    "the npm registry cannot be reached, and not all that the app needs is cached: tell the platform its mirror or proxy (npmrc or build.env), or commit node_modules/ with `offline=true` in .npmrc",
  ],
];

export const nodejs: Language = {
  name: "nodejs",
  signs: ["package.json"],
  reads: readsNames(
    "package.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    ".node-version",
    ".npmrc",
    ".nvmrc",
    ".yarnrc.yml",
    "Aptfile",
    ...configNames("next.config"),
  ),
  isIn: ({ paths }) => paths.has("package.json"),
  plan(input) {
    const apt = aptPackages(input.tree);
    if (!apt.ok) return apt;
    const detection = detectNode(input, apt.packages);
    if (!detection.ok) return detection;
    const { plan } = detection;
    return {
      ok: true,
      plan: {
        strategy: "nodejs",
        explanation: plan.explanation,
        processes: plan.processes,
        runtime: plan.framework?.site === undefined ? undefined : "static",
        manifests: plan.manifests,
        // What the machine of the pusher had installed would hide what the build installs.
        leftOut: installs(plan) ? ["node_modules"] : [],
        runsSteps: runsSteps(plan),
        failureSigns,
        containerfile: (options) => nodeContainerfile(plan, options),
      },
    };
  },
};
