/**
 * What a build asks for beside its source, brought into it before it is built: images by digest, values of Secrets and
 * ConfigMaps, files of images, and a Dockerfile as the strategy wants it. From there on the build has one source in the
 * store and nothing to look up.
 */

import { posix } from "node:path";
import type { Client } from "../../../client/client.ts";
import type { SourceStore } from "../../../lib/source-store.ts";
import type { Build } from "../../../model/kinds/build/build/build.ts";
import type { BuildSource } from "../../../model/kinds/build/build-source.ts";
import { strategyFields } from "../../../model/kinds/build/build-strategy.ts";
import { configMap } from "../../../model/kinds/core/configmap/configmap.ts";
import { secret } from "../../../model/kinds/core/secret/secret.ts";
import { isNotFound } from "../../../model/status.ts";
import { BuildFailure } from "../failure.ts";
import { readSourceTree } from "../source-tree.ts";
import { pull, readFromImage, withFoundImages, type ImagesOptions } from "./build-images.ts";
import { composedSource, type AddedFile, type AddTar } from "./compose-source.ts";
import { changedDockerfile, hasFrom } from "./dockerfile-text.ts";
import { valuesOf } from "./env-values.ts";
import { hold } from "./held-sources.ts";

export interface InputsOptions extends ImagesOptions {
  readonly client: Client;
  readonly sources: SourceStore;
  /** Puts a source that is gone into the store again, where something has it. */
  readonly restoreSource?: ((build: Build) => Promise<boolean>) | undefined;
}

export interface WithInputs {
  readonly build: Build;
  /** Removes what holds secrets. */
  readonly dispose: () => Promise<void>;
}

const secretMode = 0o600;
const fileMode = 0o644;

/** Throws a BuildFailure that names the field of what is not there. */
export async function withInputs(given: Build, options: InputsOptions): Promise<WithInputs> {
  const build = await withValues(await withFoundImages(given, options), options);
  const { source = {}, strategy } = build.spec;
  const nothing = { build, dispose: () => Promise.resolve() };
  const asked = strategy.dockerStrategy;
  const changesDockerfile = asked?.from !== undefined || (asked?.env ?? []).length > 0;
  if (!changesDockerfile && !asksForFiles(source)) return nothing;
  const id = source.binary?.asFile;
  // Without its source the build fails where that is read.
  if (id !== undefined && !(await isThere(id, build, options))) return nothing;
  const dockerfile = await dockerfileFor(build, options);
  const inputs = [...(await entriesOf(build, options)), ...(dockerfile === undefined ? [] : [dockerfile])];
  const composed = composedSource({
    source: id === undefined ? undefined : options.sources.open(id),
    files: inputs,
    tars: await imageTars(build, options),
  });
  const stored = await options.sources.put(composed, options.signal);
  const holdsSecrets = (source.secrets ?? []).length > 0;
  const release = holdsSecrets ? hold(options.sources, stored.id) : () => Promise.resolve();
  return { build: composedBuild(build, stored.id, dockerfile?.path), dispose: release };
}

async function isThere(
  id: string,
  build: Build,
  { sources, restoreSource }: InputsOptions,
): Promise<boolean> {
  return (await sources.has(id)) || (await restoreSource?.(build)) === true;
}

function asksForFiles({
  binary,
  dockerfile,
  images = [],
  secrets = [],
  configMaps = [],
}: BuildSource): boolean {
  const more = images.length + secrets.length + configMaps.length;
  return more > 0 || (binary?.asFile === undefined && dockerfile !== undefined);
}

/** What has been done is not asked for any more. */
function composedBuild(build: Build, id: string, dockerfile: string | undefined): Build {
  const { source, strategy } = build.spec;
  const { images: _images, secrets: _secrets, configMaps: _maps, ...rest } = source ?? {};
  const { from: _from, ...docker } = strategy.dockerStrategy ?? {};
  const isDocker = strategy.type === "Docker";
  const { dockerfile: _text, ...withoutText } = rest;
  const path = dockerfile === undefined ? undefined : pathInContext(dockerfile, source?.contextDir);
  return {
    ...build,
    spec: {
      ...build.spec,
      source: { ...(isDocker ? withoutText : rest), binary: { asFile: id } },
      strategy: isDocker
        ? { ...strategy, dockerStrategy: { ...docker, dockerfilePath: path ?? docker.dockerfilePath } }
        : strategy,
    },
  };
}

function inContext(path: string, { source }: Build["spec"]): string {
  return posix.join(source?.contextDir ?? "", path).replace(/^(\.?\/)+/, "");
}

function pathInContext(path: string, contextDir: string | undefined): string {
  return posix.relative(posix.join("/", contextDir ?? ""), posix.join("/", path));
}

async function withValues(build: Build, { client }: InputsOptions): Promise<Build> {
  const { strategy } = build.spec;
  const { type } = strategy;
  if (type === undefined || type === "JenkinsPipeline") return build;
  const field = strategyFields[type];
  const settings = strategy[field];
  if (settings === undefined) return build;
  const at = `spec.strategy.${field}`;
  const given = { client, build };
  const env = settings.env === undefined ? {} : { env: await valuesOf(settings.env, `${at}.env`, given) };
  const args = strategy.dockerStrategy?.buildArgs;
  const buildArgs = args === undefined ? {} : { buildArgs: await valuesOf(args, `${at}.buildArgs`, given) };
  const changed = { ...strategy, [field]: { ...settings, ...env, ...buildArgs } };
  return { ...build, spec: { ...build.spec, strategy: changed } };
}

const usualNames = ["Containerfile", "Dockerfile"];

/** The Dockerfile as it is built: the build's own or the source's, with the images and variables of the strategy. */
async function dockerfileFor(build: Build, options: InputsOptions): Promise<AddedFile | undefined> {
  const { source, strategy } = build.spec;
  const docker = strategy.dockerStrategy;
  const found = await dockerfileText(build, options);
  if (found === undefined) return undefined;
  if (strategy.type !== "Docker") return fileOf(found.path, found.text);
  const images = new Map(
    (source?.images ?? []).flatMap(({ as = [], from }) => as.map((name) => [name, from.name ?? ""] as const)),
  );
  const from = docker?.from?.name;
  if (from !== undefined) {
    if (!hasFrom(found.text))
      throw new BuildFailure(
        "DockerBuildFailed",
        `${found.path} has no FROM line that spec.strategy.dockerStrategy.from could replace`,
      );
    const path = "spec.strategy.dockerStrategy.from";
    await pull(
      build,
      { image: from, path, pullSecret: docker?.pullSecret?.name, always: docker?.forcePull },
      options,
    );
  }
  const env = (docker?.env ?? []).map(({ name }) => name);
  return fileOf(found.path, changedDockerfile(found.text, { from, env, images }));
}

function fileOf(path: string, text: string): AddedFile {
  return { path, content: Buffer.from(text), mode: fileMode };
}

async function dockerfileText(
  { spec }: Build,
  { sources }: InputsOptions,
): Promise<{ readonly path: string; readonly text: string } | undefined> {
  const { source, strategy } = spec;
  const wanted = strategy.dockerStrategy?.dockerfilePath;
  if (source?.dockerfile !== undefined)
    return { path: inContext(wanted ?? "Dockerfile", spec), text: source.dockerfile };
  const id = source?.binary?.asFile;
  if (id === undefined || strategy.type !== "Docker") return undefined;
  const names = wanted === undefined ? usualNames : [wanted];
  const tree = await readSourceTree(sources.open(id), {
    contextDir: source?.contextDir,
    reads: (path) => names.includes(path),
  });
  const name = names.find((each) => tree.paths.has(each));
  const text = name === undefined ? undefined : tree.text(name);
  return name === undefined || text === undefined ? undefined : { path: inContext(name, spec), text };
}

/** The entries of Secrets and ConfigMaps as files. */
async function entriesOf(build: Build, { client }: InputsOptions): Promise<AddedFile[]> {
  const { source, ...spec } = build.spec;
  const { namespace } = build.metadata;
  const files: AddedFile[] = [];
  const place = (directory: string | undefined, key: string): string =>
    inContext(posix.join(directory ?? "", key), { ...spec, source });
  for (const [index, { secret: wanted, destinationDir }] of (source?.secrets ?? []).entries()) {
    const { name = "" } = wanted;
    const path = `spec.source.secrets[${index}].secret`;
    const found = await orFailure(
      client.get(secret, { namespace, name }),
      `${path}: there is no Secret ${name}`,
    );
    for (const [key, text] of Object.entries(found.data ?? {}))
      files.push({
        path: place(destinationDir, key),
        content: Buffer.from(text, "base64"),
        mode: secretMode,
      });
  }
  for (const [index, { configMap: wanted, destinationDir }] of (source?.configMaps ?? []).entries()) {
    const { name = "" } = wanted;
    const path = `spec.source.configMaps[${index}].configMap`;
    const found = await orFailure(
      client.get(configMap, { namespace, name }),
      `${path}: there is no ConfigMap ${name}`,
    );
    for (const [key, text] of Object.entries(found.data ?? {}))
      files.push({ path: place(destinationDir, key), content: Buffer.from(text), mode: fileMode });
    for (const [key, text] of Object.entries(found.binaryData ?? {}))
      files.push({ path: place(destinationDir, key), content: Buffer.from(text, "base64"), mode: fileMode });
  }
  return files;
}

async function orFailure<T>(asked: Promise<T>, message: string): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new BuildFailure("FetchSourceFailed", message, { cause: error });
  }
}

/** What is copied out of images. */
async function imageTars(build: Build, options: InputsOptions): Promise<AddTar[]> {
  const tars: AddTar[] = [];
  for (const [index, { from, paths = [], pullSecret }] of (build.spec.source?.images ?? []).entries()) {
    const at = `spec.source.images[${index}]`;
    const image = from.name ?? "";
    await pull(build, { image, path: `${at}.from`, pullSecret: pullSecret?.name }, options);
    for (const [number, { sourcePath, destinationDir }] of paths.entries()) {
      const rename = renameInto(sourcePath, inContext(destinationDir, build.spec));
      tars.push(async (write) => {
        const use = async (tar: AsyncIterable<unknown>): Promise<true> => {
          await write(tar, rename);
          return true;
        };
        const asked = { image, sourcePath: sourcePath.replace(/\/\.?$/, "") };
        if ((await readFromImage(build, asked, { engine: options.engine, use })) === true) return;
        throw new BuildFailure(
          "FetchSourceFailed",
          `${at}.paths[${number}].sourcePath: ${image} has no ${sourcePath}`,
        );
      });
    }
  }
  return tars;
}

/** A directory is copied with its name, unless its path ends with `/.`. */
function renameInto(sourcePath: string, destination: string): (name: string) => string | undefined {
  const contentOnly = sourcePath.endsWith("/.");
  return (name) => {
    const parts = posix
      .normalize(name)
      .split("/")
      .filter((part) => part !== "" && part !== ".");
    const kept = contentOnly ? parts.slice(1) : parts;
    return kept.length === 0 ? undefined : posix.join(destination, ...kept);
  };
}
