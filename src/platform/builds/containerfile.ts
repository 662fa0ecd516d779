/**
 * The Containerfile of a plan: text only, the same for the same plan, so that the engine's layer cache holds.
 *
 * What must stay true: nothing that changes from push to push stands before the copy of the sources, and what
 * follows the copy is as little as possible; no secret of the host is in the text.
 */

import type { PackageManager } from "./package-manager.ts";
import type { NodePlan, StaticPlan } from "./plan.ts";

/** Where the build context holds what: the sources, and the manifests once more by themselves. */
export const contextFolders = { sources: "app", manifests: "manifests" } as const;

/** Names of the secrets that a build step can mount. */
export const buildSecrets = { npmrc: "nagi-npmrc", ca: "nagi-ca" } as const;

/** What the images of the platforms expose. */
export const platformPort = 8080;

const secretsDir = "/run/secrets";
/** User and group `app` of the platforms. */
const owner = "1000:1000";

export interface ContainerfileOptions {
  /** Image reference of the platform. */
  readonly base: string;
  /** The host trusts more certificates than the public ones. */
  readonly hasCa: boolean;
  /** Keeps the package manager's cache of one app apart from the others'. */
  readonly cacheId: string;
}

export function staticContainerfile(plan: StaticPlan, options: ContainerfileOptions): string {
  const from = plan.root === "" ? contextFolders.sources : `${contextFolders.sources}/${plan.root}`;
  return lines(
    `FROM ${options.base}`,
    plan.fallback === undefined ? undefined : `ENV STATIC_FALLBACK=/${plan.fallback}`,
    `COPY ${from}/ /app/`,
  );
}

/** The platform has set the directory, the user and the environment of production. */
export function nodeContainerfile(plan: NodePlan, options: ContainerfileOptions): string {
  const install = installs(plan);
  const web = plan.processes["web"];
  const copyManifests = `COPY --chown=${owner} ${contextFolders.manifests}/ ./`;
  const copySources = `COPY --chown=${owner} ${contextFolders.sources}/ ./`;
  const installStep = install ? installLines(plan, options) : [];
  const start = [
    web === undefined ? undefined : `CMD ${JSON.stringify(["/bin/sh", "-c", execForm(web)])}`,
    processesLabel(plan.processes),
  ];
  const body = plan.sourcesFirst
    ? [...start, copySources, ...installStep]
    : [install ? copyManifests : undefined, ...installStep, ...start, copySources];
  return lines(
    `FROM ${options.base}`,
    ...toolLines(plan, options),
    ...body,
    plan.buildScript ? buildLine(plan, options) : undefined,
  );
}

/** Whether any program runs in the build, rather than files being copied only. */
export function runsSteps(plan: NodePlan): boolean {
  const tools = plan.node.install !== undefined || plan.manager.install !== undefined;
  return tools || installs(plan) || plan.buildScript;
}

function installs({ hasDependencies, manager }: NodePlan): boolean {
  return hasDependencies || manager.lockfile !== undefined;
}

/** For whoever has only the image. Quotes and dollars are escaped as JSON, which the builder leaves alone. */
function processesLabel(processes: Readonly<Record<string, string>>): string {
  const text = JSON.stringify(processes).replaceAll("'", "\\u0027").replaceAll("$", "\\u0024");
  return `LABEL nagi.dev/processes='${text}'`;
}

/** A simple command replaces its shell, so that signals reach it; a compound one needs the shell. */
function execForm(command: string): string {
  return /[;&|<>(){}`\n!]|^\s*\w+=/.test(command) ? command : `exec ${command}`;
}

/** Another Node.js or package manager than the platform's, in layers of their own that every push reuses. */
function toolLines({ node, manager }: NodePlan, options: ContainerfileOptions): string[] {
  const commands: string[] = [];
  if (node.install !== undefined) commands.push(`nagi-install-node ${shellQuote(node.install)}`);
  if (manager.install !== undefined) {
    commands.push(
      `npm install --global --no-audit --no-fund --loglevel=error ${shellQuote(manager.install)}`,
    );
  }
  if (commands.length === 0) return [];
  const environment = npmEnvironment(options);
  return [
    "USER root",
    ...commands.map((command) => run(mountsOf(options), environment, command)),
    "USER app",
  ];
}

function installLines(plan: NodePlan, options: ContainerfileOptions): string[] {
  const mounts = [...mountsOf(options), cacheMount(plan.manager, options)];
  const commands = managerCommands[plan.manager.name];
  const which = plan.buildScript ? commands.withDevelopment : commands.productionOnly;
  const command = plan.manager.lockfile === undefined ? commands.installUnlocked : commands.install;
  return [run(mounts, npmEnvironment(options, plan.manager), `${command}${which}`)];
}

function buildLine(plan: NodePlan, options: ContainerfileOptions): string {
  const commands = managerCommands[plan.manager.name];
  const prune = plan.hasDependencies ? ` && ${commands.prune}` : "";
  const mounts = [...mountsOf(options), cacheMount(plan.manager, options)];
  return run(mounts, npmEnvironment(options, plan.manager), `${commands.build}${prune}`);
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

function mountsOf(options: ContainerfileOptions): string[] {
  const secret = (id: string): string => `--mount=type=secret,id=${id},uid=1000,mode=0444`;
  return [secret(buildSecrets.npmrc), ...(options.hasCa ? [secret(buildSecrets.ca)] : [])];
}

/** Outside of the home directory, whose folders the mount would leave to root. */
const cacheDir = "/var/cache/nagi";

function cacheMount(manager: PackageManager, options: ContainerfileOptions): string {
  return `--mount=type=cache,id=${options.cacheId}-${manager.name},target=${cacheDir},uid=1000,gid=1000`;
}

/** Set for the one step only: the image keeps none of it. */
function npmEnvironment(options: ContainerfileOptions, manager?: PackageManager): string {
  const cache = manager === undefined ? "" : ` ${managerCommands[manager.name].cacheVariable}=${cacheDir}`;
  const ca = options.hasCa ? ` NODE_EXTRA_CA_CERTS=${secretsDir}/${buildSecrets.ca}` : "";
  return `NPM_CONFIG_USERCONFIG=${secretsDir}/${buildSecrets.npmrc} NPM_CONFIG_UPDATE_NOTIFIER=false${cache}${ca}`;
}

function run(mounts: readonly string[], environment: string, command: string): string {
  return `RUN ${mounts.join(" ")} export ${environment} && ${command}`;
}

function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function lines(...parts: readonly (string | undefined)[]): string {
  return `${parts.filter((part) => part !== undefined).join("\n")}\n`;
}
