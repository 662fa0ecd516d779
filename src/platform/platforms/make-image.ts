/** Makes the image of one recipe: a root file system from Debian packages, or a build on another platform. */

import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { pack } from "tar-stream";
import type { Clock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import { debianSources } from "../../lib/debian-sources.ts";
import type { Outside } from "../../lib/outside.ts";
import { hostMirror } from "./host-apt.ts";
import { withAptMounts } from "./apt-mounts.ts";
import { recipeContainerfile } from "../../model/kinds/nagi/platform/recipe-text.ts";
import { mountingTrigger, triggersOf } from "../../lib/dockerfile/triggers.ts";
import type { Recipe } from "./recipe.ts";
import { explainRecipeFailure, RecipeFailure } from "./recipe-failure.ts";
import { runProgram } from "./run-program.ts";

export interface MakeOptions {
  readonly engine: ContainerEngine;
  /** For files that are gone afterwards. */
  readonly workDir: string;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface MakeRequest {
  readonly recipe: Recipe;
  /** Reference of the new image. */
  readonly image: string;
  /** Reference of the image it stands on. */
  readonly base?: string | undefined;
  /** Debian release that the image is of. */
  readonly suite: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether nothing of earlier builds is used. */
  readonly noCache: boolean;
  readonly onStep: (text: string) => void;
}

/** Name of the label with the versions of the image's programs, as JSON. */
export const versionsLabel = "nagi.dev/versions";

/** Of one image, also over a slow network: others wait for their turn meanwhile. */
const makeMaxMinutes = 60;
/** Last lines of a build that its failure is explained by. */
const keptLines = 20;

export async function makeImage(request: MakeRequest, given: MakeOptions): Promise<void> {
  await mkdir(given.workDir, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(given.workDir, `platform-${request.recipe.name}-`));
  const limit = new AbortController();
  const timer = given.clock.after(makeMaxMinutes * 60_000, () => limit.abort());
  const options = {
    ...given,
    signal: AbortSignal.any([limit.signal, ...(given.signal ? [given.signal] : [])]),
  };
  try {
    if (request.recipe.from === undefined) await makeFromPackages(request, options, directory);
    else await makeOnBase(request, options, directory);
  } catch (error) {
    if (given.signal?.aborted === true) throw error;
    if (limit.signal.aborted)
      throw new Error(`its image was not made within ${makeMaxMinutes} minutes`, { cause: error });
    if (error instanceof RecipeFailure) throw error;
    throw explainRecipeFailure({ error, output: [], suite: request.suite });
  } finally {
    timer.cancel();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Left out of the base image: nobody reads them in a container. */
const leftOut = ["/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/share/doc/*"];

const tidy = [
  'rm -rf "$1"/var/log/* "$1"/var/cache/debconf/*-old "$1"/var/lib/dpkg/*-old "$1"/usr/share/locale',
  // The host's settings, of use while packages are fetched here only.
  'rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap',
  // Whoever may read the image may not have the mirror's credentials.
  `if [ -e "$1"/etc/apt/sources.list ]; then sed -i 's#://[^/@ ]*@#://#' "$1"/etc/apt/sources.list; fi`,
  // The engine gives a container its own.
  'rm -f "$1"/etc/resolv.conf "$1"/etc/hostname',
  'chroot "$1" useradd --uid 1000 --create-home --shell /bin/sh app',
];

async function makeFromPackages(
  request: MakeRequest,
  options: MakeOptions,
  directory: string,
): Promise<void> {
  const { recipe, image, labels, onStep } = request;
  const { env, apt, debianMirror } = options.outside;
  const aptFile = join(directory, "apt.conf");
  await writeFile(aptFile, `${apt}Acquire::Languages "none";\n`);
  const rootfs = join(directory, "rootfs.tar");
  const mirror = debianMirror ?? (await hostMirror(recipe.suite));
  onStep(
    `Debian ${recipe.suite} packages${mirror === undefined ? "" : ` from ${withoutCredentials(mirror)}`}`,
  );
  await runProgram(
    [
      "mmdebstrap",
      "--variant=minbase",
      `--include=${recipe.packages.join(",")}`,
      "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
      `--aptopt=${aptFile}`,
      ...leftOut.map((path) => `--dpkgopt=path-exclude=${path}`),
      "--dpkgopt=path-include=/usr/share/doc/*/copyright",
      ...tidy.map((command) => `--customize-hook=${command}`),
      recipe.suite,
      rootfs,
      ...(mirror === undefined ? [] : debianSources(mirror, recipe.suite)),
    ],
    // Its own temporary directory holds the whole system: beside ours, not in a /tmp that may be small.
    { env: { ...env, TMPDIR: directory }, signal: options.signal, onLine: tell(onStep) },
  );
  onStep("import");
  const changes = Object.entries(labels).map(([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`);
  await options.engine.importImage(createReadStream(rootfs), image, changes, options.signal);
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//");
}

/** mmdebstrap marks what it tells with "I: ". */
function tell(onStep: (text: string) => void): (line: string) => void {
  return (line) => {
    const told = /^I: (running apt-get update|downloading|extracting|installing|creating)(.*)$/.exec(line);
    if (told !== null) onStep(`${told[1]}${told[2]}`.replace(/\.+$/, ""));
  };
}

async function makeOnBase(request: MakeRequest, options: MakeOptions, directory: string): Promise<void> {
  const { recipe, image, base = "", onStep } = request;
  await recipe.writeTo(directory);
  if (!recipe.hasContainerfile)
    await writeFile(join(directory, recipeContainerfile), packagesContainerfile(recipe.packages));
  const versions = await installNpm(request, options, join(directory, "npm"));
  const secrets = await writeSecrets(request, options, directory);
  onStep("image");
  const asked = Object.entries(recipe.versions);
  const labels = { ...request.labels, [versionsLabel]: JSON.stringify(versions) };
  const steps = options.engine.buildImage(() => tarOf(directory), {
    tags: [asked.length === 0 ? image : draftOf(image)],
    dockerfile: recipeContainerfile,
    buildArgs: { BASE: base, ...options.outside.proxies },
    noCache: request.noCache,
    labels,
    secrets,
    signal: options.signal,
  });
  const output: string[] = [];
  try {
    for await (const { stream } of steps) {
      const step = /^STEP (\d+\/\d+): (\S+)/i.exec(stream ?? "");
      if (step !== null) onStep(`image, step ${step[1]} ${step[2]}`);
      else output.push(...(stream ?? "").split("\n").filter(isSaid));
      output.splice(0, output.length - keptLines);
    }
  } catch (error) {
    if (!isEngineError(error)) throw error;
    throw explainRecipeFailure({ error, output, suite: request.suite });
  }
  if (asked.length > 0) await labelVersions(request, options, versions);
  await refuseMountingTriggers(image, options);
}

/** They would run in each app's build, and mount what is not the build's. */
async function refuseMountingTriggers(image: string, { engine }: MakeOptions): Promise<void> {
  const found = mountingTrigger((await triggersOf(engine, await engine.inspectImage(image))) ?? []);
  if (found === undefined) return;
  await engine.removeImage(image);
  throw new RecipeFailure(
    `ONBUILD ${found} would mount, fetch or copy in the build of each app on the platform: do it in the recipe itself`,
  );
}

/** Puts the secrets beside the recipe, from where the engine takes them; gives their files by id. */
async function writeSecrets(
  { suite }: MakeRequest,
  { outside }: MakeOptions,
  directory: string,
): Promise<Record<string, string>> {
  const texts = Object.entries(await outside.secrets(suite));
  const containerfile = join(directory, recipeContainerfile);
  const ids = new Set(texts.flatMap(([id, text]) => (text === "" ? [] : [id])));
  await writeFile(containerfile, withAptMounts(await readFile(containerfile, "utf8"), ids));
  for (const [id, text] of texts) await writeFile(join(directory, secretFile(id)), text, { mode: 0o600 });
  return Object.fromEntries(texts.map(([id]) => [id, secretFile(id)]));
}

function secretFile(id: string): string {
  return `.nagi-secret-${id}`;
}

/** The engine's own lines begin with an arrow. */
function isSaid(line: string): boolean {
  return line.trim() !== "" && !line.startsWith("-->");
}

/** Of a recipe that names packages and has no Containerfile; what it stands on may run as another user. */
function packagesContainerfile(packages: readonly string[]): string {
  const apt = "--mount=type=secret,id=nagi-apt,target=/etc/apt/apt.conf.d/00nagi-host,mode=0444";
  const install = `DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${packages.join(" ")} >/dev/null`;
  const tidy = "apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/debconf/*-old";
  const app = "mkdir -p /app && chown app:app /app";
  return [
    "ARG BASE",
    "FROM $BASE",
    "USER 0:0",
    `RUN ${apt} apt-get update -qq && ${install} && ${tidy} && ${app}`,
    "WORKDIR /app",
    "USER 1000:1000",
    "EXPOSE 8080",
    "",
  ].join("\n");
}

function draftOf(image: string): string {
  return `${image}-draft`;
}

/** Asks the programs of the draft for their versions; the image is the draft with these on its label. */
async function labelVersions(request: MakeRequest, options: MakeOptions, npm: Versions): Promise<void> {
  const { recipe, image } = request;
  const draft = draftOf(image);
  const probe = `${image}-probe`;
  const versions: Record<string, string> = { ...npm };
  const ask = Object.entries(recipe.versions).map(
    ([name, command]) => `echo "nagi-version ${name} $(${command})"`,
  );
  try {
    const steps = options.engine.buildImage(textTar(`FROM ${draft}\nRUN ${ask.join("; ")}\n`), {
      tags: [probe],
      dockerfile: "Containerfile",
      noCache: true,
      signal: options.signal,
    });
    for await (const { stream } of steps) {
      const said = /^nagi-version (\S+) (\S+)/.exec(stream ?? "");
      if (said?.[1] !== undefined && said[2] !== undefined) versions[said[1]] = said[2];
    }
    const labelled = options.engine.buildImage(() => textTar(`FROM ${draft}\n`), {
      tags: [image],
      dockerfile: "Containerfile",
      labels: { ...request.labels, [versionsLabel]: JSON.stringify(versions) },
      signal: options.signal,
    });
    // A build is under way only while its steps are read.
    for await (const step of labelled) void step;
  } finally {
    for (const tag of [probe, draft]) {
      await options.engine.removeImage(tag).catch((error: unknown) => {
        if (!isEngineError(error, 404)) throw error;
      });
    }
  }
}

function textTar(containerfile: string): Readable {
  const tar = pack();
  tar.entry({ name: "Containerfile" }, containerfile);
  tar.finalize();
  return Readable.from(tar);
}

/** Programs by name, with the versions that npm chose. */
type Versions = Readonly<Record<string, string>>;

async function installNpm(request: MakeRequest, options: MakeOptions, prefix: string): Promise<Versions> {
  const { npm } = request.recipe;
  if (npm.length === 0) return {};
  request.onStep(`${npm.join(", ")} from the npm registry`);
  const nodePackage = `node-${process.platform}-${process.arch}`;
  const wanted = npm.map((name) => name.replace(/^node@/, `${nodePackage}@`));
  const flags = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  await runProgram(["npm", "install", "--global", "--prefix", prefix, ...flags, ...wanted], {
    env: options.outside.env,
    cwd: options.workDir,
    signal: options.signal,
  });
  const modules = join(prefix, "lib/node_modules");
  const versions: Record<string, string> = {};
  for (const name of wanted.map((spec) => spec.slice(0, spec.lastIndexOf("@")))) {
    const { version } = JSON.parse(await readFile(join(modules, name, "package.json"), "utf8")) as {
      version: string;
    };
    versions[name === nodePackage ? "node" : name] = version;
  }
  // The program alone: headers and documents triple its size, and nothing here compiles.
  await rm(join(prefix, "bin/node"), { force: true });
  await rename(join(modules, nodePackage, "bin/node"), join(prefix, "bin/node"));
  await rm(join(modules, nodePackage), { recursive: true });
  return versions;
}

function tarOf(directory: string): Readable {
  const flags = ["--numeric-owner", "--owner=0", "--group=0", "--sort=name"];
  const tar = spawn("tar", ["-C", directory, ...flags, "-cf", "-", "."], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  // Read from the start: Node throws away what nobody reads when a child has ended.
  const content = new PassThrough();
  tar.on("error", (error) => content.destroy(error));
  return tar.stdout.pipe(content);
}
