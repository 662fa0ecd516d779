/** The Containerfile of a Node.js app. The platform has set the directory, the user and the environment of production. */

import {
  asApp,
  asRoot,
  buildSecrets,
  cacheDir,
  copyManifests,
  copySources,
  linesOf,
  packageLines,
  secretsDir,
  shellQuote,
  startLines,
  step,
} from "../../containerfile.ts";
import type { ContainerfileOptions } from "../../plan.ts";
import type { NodePlan } from "./detect-node.ts";
import type { PackageManager } from "./package-manager.ts";

const environment = {
  NPM_CONFIG_USERCONFIG: `${secretsDir}/${buildSecrets.npmrc}`,
  NPM_CONFIG_UPDATE_NOTIFIER: "false",
};

export function nodeContainerfile(plan: NodePlan, options: ContainerfileOptions): string {
  const install = installs(plan);
  const site = plan.framework?.site;
  const installStep = install ? [installLine(plan, options)] : [];
  const start = site === undefined ? startLines(plan.processes) : [];
  const body = plan.sourcesFirst
    ? [...start, copySources(), ...installStep]
    : [install ? copyManifests() : undefined, ...installStep, ...start, copySources()];
  return linesOf(
    site === undefined ? `FROM ${options.base}` : `FROM ${options.base} AS build`,
    ...packageLines(plan.packages),
    ...toolLines(plan),
    ...body,
    builds(plan) ? buildLine(plan, options) : undefined,
    ...(site === undefined ? [] : siteLines(site, plan.framework?.fallback, options)),
  );
}

/** Only the files that were built, on the web server. */
function siteLines(site: string, fallback: string | undefined, { runtime }: ContainerfileOptions): string[] {
  return [
    `FROM ${runtime}`,
    ...(fallback === undefined ? [] : [`ENV STATIC_FALLBACK=/${fallback}`]),
    `COPY --from=build /app/${site}/ /app/`,
  ];
}

/** Whether any program runs in the build, rather than files being copied only. */
export function runsSteps(plan: NodePlan): boolean {
  const tools = plan.node.install !== undefined || plan.manager.install !== undefined;
  return tools || plan.packages.length > 0 || installs(plan) || builds(plan);
}

export function installs({ hasDependencies, manager, vendored }: NodePlan): boolean {
  if (vendored) return false;
  return hasDependencies || manager.lockfile !== undefined;
}

function builds({ buildScript, framework }: NodePlan): boolean {
  return buildScript || framework?.build !== undefined;
}

/** Another Node.js or package manager than the platform's, in layers of their own that every push reuses. */
function toolLines({ node, manager }: NodePlan): string[] {
  const commands: string[] = [];
  if (node.install !== undefined) commands.push(`nagi-install-node ${shellQuote(node.install)}`);
  if (manager.install !== undefined) {
    commands.push(
      `npm install --global --no-audit --no-fund --loglevel=error ${shellQuote(manager.install)}`,
    );
  }
  if (commands.length === 0) return [];
  return [asRoot, ...commands.map((command) => step({ command, environment })), asApp];
}

function installLine(plan: NodePlan, options: ContainerfileOptions): string {
  const commands = managerCommands[plan.manager.name];
  const which = builds(plan) ? commands.withDevelopment : commands.productionOnly;
  const command = plan.manager.lockfile === undefined ? commands.installUnlocked : commands.install;
  return cachedStep(plan, options, `${command}${which}`);
}

function buildLine(plan: NodePlan, options: ContainerfileOptions): string {
  const { framework } = plan;
  const commands = managerCommands[plan.manager.name];
  const build = plan.buildScript ? commands.build : (framework?.build ?? commands.build);
  const variables = Object.entries(framework?.environment ?? {}).map(([name, value]) => `${name}=${value} `);
  const prune = plan.hasDependencies && framework?.site === undefined ? ` && ${commands.prune}` : "";
  return cachedStep(plan, options, `${variables.join("")}${build}${prune}`);
}

function cachedStep({ manager }: NodePlan, { cacheId }: ContainerfileOptions, command: string): string {
  const { cacheVariable } = managerCommands[manager.name];
  return step({
    command,
    cacheId: `${cacheId}.${manager.name}`,
    environment: {
      ...environment,
      [cacheVariable]: cacheDir,
      ...(manager.linksModules === true ? { YARN_NODE_LINKER: "node-modules" } : {}),
    },
  });
}

interface ManagerCommands {
  readonly install: string;
  readonly installUnlocked: string;
  /** Appended when something is built, which may need what is for development. */
  readonly withDevelopment: string;
  /** Appended when nothing is built. */
  readonly productionOnly: string;
  readonly build: string;
  readonly prune: string;
  /** What tells it where to keep what it has downloaded. */
  readonly cacheVariable: string;
}

const quiet = "--no-audit --no-fund --loglevel=warn";
const managerCommands: Readonly<Record<PackageManager["name"], ManagerCommands>> = {
  npm: {
    install: `npm ci ${quiet}`,
    installUnlocked: `npm install ${quiet} --no-package-lock`,
    withDevelopment: " --include=dev",
    productionOnly: " --omit=dev",
    build: "npm run build",
    prune: `npm prune ${quiet} --omit=dev`,
    cacheVariable: "NPM_CONFIG_CACHE",
  },
  yarn: {
    install: "yarn install --frozen-lockfile --non-interactive",
    installUnlocked: "yarn install --non-interactive",
    withDevelopment: " --production=false",
    productionOnly: " --production=true",
    build: "yarn run build",
    prune:
      "yarn install --frozen-lockfile --non-interactive --production=true --ignore-scripts --prefer-offline",
    cacheVariable: "YARN_CACHE_FOLDER",
  },
  "yarn-berry": {
    install: "yarn install --immutable",
    installUnlocked: "yarn install",
    withDevelopment: "",
    productionOnly: "",
    build: "yarn run build",
    prune: "yarn workspaces focus --all --production",
    cacheVariable: "YARN_GLOBAL_FOLDER",
  },
  pnpm: {
    install: "pnpm install --frozen-lockfile",
    installUnlocked: "pnpm install",
    withDevelopment: " --prod=false",
    productionOnly: " --prod",
    build: "pnpm run build",
    prune: "pnpm prune --prod",
    cacheVariable: "NPM_CONFIG_STORE_DIR",
  },
};
