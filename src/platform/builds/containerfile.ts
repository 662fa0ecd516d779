/**
 * Lines that generated Containerfiles share. Text only, the same for the same plan, so that the engine's layer
 * cache holds.
 *
 * What must stay true: nothing that changes from push to push stands before the copy of the sources, and what
 * follows the copy is as little as possible; no secret of the host is in the text.
 */

/** Where the build context holds what: the sources, and the manifests once more by themselves. */
export const contextFolders = { sources: "app", manifests: "manifests" } as const;

/** Names of the secrets that a build step can mount. */
export const buildSecrets = {
  /** Shell script that sets the environment of steps: proxies, mirrors, certificates. */
  environment: "nagi-env",
  npmrc: "nagi-npmrc",
  /** The host's own certificates, and these with the public ones. */
  ca: "nagi-ca",
  caBundle: "nagi-ca-bundle",
  apt: "nagi-apt",
  /** What apt needs for the certificates and the mirror, which are files of their own. */
  aptMirror: "nagi-apt-mirror",
  aptSources: "nagi-apt-sources",
  /** The app's config vars, one a line: the name and the value in base64. */
  config: "nagi-config",
} as const;

/** What the images of the platforms expose. */
export const platformPort = 8080;

export const secretsDir = "/run/secrets";
/** User and group `app` of the platforms. */
const owner = "1000:1000";
/** By number: of a name the engine starts three programs at each step, only to look it up in the image. */
export const asApp = `USER ${owner}`;
export const asRoot = "USER 0:0";
/** Outside of the home directory, whose folders the mount would leave to root. */
export const cacheDir = "/var/cache/nagi";

export interface Step {
  readonly command: string;
  /** Id of the cache that is mounted at `cacheDir`. */
  readonly cacheId?: string | undefined;
  /** Set for this step only: the image keeps none of it. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Ids of further secrets that it sees. */
  readonly secrets?: readonly string[] | undefined;
}

/** A step of the user `app` that sees the host's settings. */
export function step({ command, cacheId, environment = {}, secrets = [] }: Step): string {
  const { environment: script, npmrc, ca, caBundle } = buildSecrets;
  const mounts = [script, npmrc, ca, caBundle, ...secrets].map(
    (id) => `--mount=type=secret,id=${id},uid=1000,mode=0444`,
  );
  if (cacheId !== undefined)
    mounts.push(`--mount=type=cache,id=${cacheId},target=${cacheDir},uid=1000,gid=1000`);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const exported = variables.length === 0 ? "" : `export ${variables.join(" ")} && `;
  return `RUN ${mounts.join(" ")} . ${secretsDir}/${script} && ${exported}${command}`;
}

/** The command of a generated step without what it is given: mounts and environment. */
export function plainStep(instruction: string): string {
  return instruction
    .replaceAll(/--(mount|chown)=\S+ /g, "")
    .replace(/^RUN \. \/run\/secrets\/\S+ && /, "RUN ")
    .replace(/^RUN export (?:\w+=\S+ ?)+&& /, "RUN ");
}

/** A file that a secret brings is there only while the step runs, and not at all where the host has no such settings. */
const aptMounts = [
  `id=${buildSecrets.apt},target=/etc/apt/apt.conf.d/00nagi-host`,
  `id=${buildSecrets.aptMirror},target=/etc/apt/apt.conf.d/01nagi-mirror`,
  `id=${buildSecrets.caBundle}`,
  `id=${buildSecrets.aptSources}`,
]
  .map((each) => `--mount=type=secret,${each},mode=0444`)
  .join(" ");

/** Debian packages that the source's Aptfile names, in a layer of their own. */
export function packageLines(packages: readonly string[]): string[] {
  if (packages.length === 0) return [];
  const install = `DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get install -y -qq --no-install-recommends ${packages.join(" ")} >/dev/null`;
  const tidy = "rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/apt/*.bin";
  return [asRoot, `RUN ${aptMounts} apt-get update -qq && ${install} && ${tidy}`, asApp];
}

export function copySources(from = "", to = "./"): string {
  const folder = from === "" ? contextFolders.sources : `${contextFolders.sources}/${from}`;
  return `COPY --chown=${owner} ${folder}/ ${to}`;
}

export function copyManifests(): string {
  return `COPY --chown=${owner} ${contextFolders.manifests}/ ./`;
}

export interface SingleStage {
  /** Image reference of the platform. */
  readonly base: string;
  /** Of the Aptfile. */
  readonly packages: readonly string[];
  /** What installing reads comes before it, by itself. */
  readonly manifests: boolean;
  readonly install?: Step | undefined;
  readonly processes: Readonly<Record<string, string>>;
  /** What needs the sources. */
  readonly finish?: Step | undefined;
}

/** A language that installs beside the sources, and runs on the platform that it is built on. */
export function singleStage({ base, packages, manifests, install, processes, finish }: SingleStage): string {
  return linesOf(
    `FROM ${base}`,
    ...packageLines(packages),
    manifests ? copyManifests() : undefined,
    install && step(install),
    ...startLines(processes),
    copySources(),
    finish && step(finish),
  );
}

/** What the image starts, and its process types for whoever has only the image. */
export function startLines(processes: Readonly<Record<string, string>>): string[] {
  const { web } = processes;
  const command = web === undefined ? [] : [`CMD ${JSON.stringify(["/bin/sh", "-c", execForm(web)])}`];
  return [...command, processesLabel(processes)];
}

/** Quotes and dollars are escaped as JSON, which the builder leaves alone. */
function processesLabel(processes: Readonly<Record<string, string>>): string {
  const text = JSON.stringify(processes).replaceAll("'", "\\u0027").replaceAll("$", "\\u0024");
  return `LABEL nagi.dev/processes='${text}'`;
}

/** A simple command replaces its shell, so that signals reach it; a compound one needs the shell. */
function execForm(command: string): string {
  return /[;&|<>(){}`\n!]|^\s*\w+=/.test(command) ? command : `exec ${command}`;
}

export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function linesOf(...parts: readonly (string | undefined)[]): string {
  return `${parts.filter((part) => part !== undefined).join("\n")}\n`;
}
