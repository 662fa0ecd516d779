/**
 * The Custom strategy: a builder image of one's own is run as a step with the source, and leaves in $OUTPUT_DIR the
 * Dockerfile and the files that the image is made of (adr/0116). It runs within the limits of every build, has neither
 * the engine nor credentials of the registry, and what it changes of itself is thrown away.
 */

import { pack, type Pack } from "tar-stream";
import type { StepLimits } from "../step-limits.ts";
import { isEngineError } from "../../../lib/container-engine/engine-transport.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { Build } from "../../../model/kinds/build/build/build.ts";
import { secret } from "../../../model/kinds/core/secret/secret.ts";
import { isNotFound } from "../../../model/status.ts";
import { secretPath } from "../build-context.ts";
import { asRoot } from "../containerfile.ts";
import type { BuildLog } from "../build-log.ts";
import type { HostConfig } from "../host-config.ts";
import { BuildFailure } from "../failure.ts";
import { ProgressText } from "../progress-text.ts";
import { checkedImage } from "../dockerfile/base-images.ts";
import { readSourceTree } from "../source-tree.ts";
import { pull, readFromImage } from "./build-images.ts";
import { composedSource, copyTar, type AddTar } from "./compose-source.ts";
import type { InputsOptions } from "./with-inputs.ts";

const inputsDir = "/tmp/build/inputs";
const outputDir = "/tmp/build/output";
const dockerfileNames = ["Containerfile", "Dockerfile"];

export interface CustomOptions extends InputsOptions {
  readonly clock: Clock;
  readonly log: BuildLog;
  readonly host: () => Promise<Pick<HostConfig, "proxies">>;
  /** Of the step. */
  readonly limits: StepLimits;
  /** The image that is made in the end. */
  readonly image: string;
}

/** The build of what the builder left. */
export async function withCustomOutput(build: Build, options: CustomOptions): Promise<Build> {
  const { customStrategy: custom } = build.spec.strategy;
  if (custom === undefined) return build;
  const { engine, log } = options;
  const builder = custom.from.name ?? "";
  const path = "spec.strategy.customStrategy.from";
  await pull(
    build,
    { image: builder, path, pullSecret: custom.pullSecret?.name, always: custom.forcePull },
    options,
  );
  log.line(`-----> Custom builder ${builder}`);
  const made = `${options.image}-custom`;
  try {
    await runBuilder(build, builder, made, options);
    const id = await readOutput(build, made, options);
    return {
      ...build,
      spec: {
        ...build.spec,
        source: { type: "Binary", binary: { asFile: id.source } },
        strategy: { type: "Docker", dockerStrategy: { dockerfilePath: id.dockerfile } },
      },
    };
  } finally {
    await engine.removeImage(made);
  }
}

async function runBuilder(
  build: Build,
  builder: string,
  made: string,
  options: CustomOptions,
): Promise<void> {
  const { engine, clock, log, signal, limits, sources, host } = options;
  const { Config: config } = await engine.inspectImage(builder);
  const words = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  if (words.length === 0)
    throw new BuildFailure(
      "CustomBuildFailed",
      `the builder ${builder} says not what to run: it has neither ENTRYPOINT nor CMD`,
    );
  const id = await checkedImage(builder, options);
  const secrets = await builderSecrets(build, options);
  const variables = variablesOf(build, options.image);
  const context = pack();
  const source = build.spec.source?.binary?.asFile;
  const writing = writeContext(context, {
    containerfile: containerfileOf({ builder: id, words, secrets }, variables),
    source: source === undefined ? undefined : sources.open(source),
    secrets,
  }).catch((error: unknown) => context.destroy(error instanceof Error ? error : new Error(String(error))));
  const text = new ProgressText((line) => log.write(line), {
    clock,
    ownSteps: true,
    written: new Map([[`FROM ${id}`, `FROM ${builder}`]]),
  });
  try {
    const asked = {
      ...limits,
      tags: [made],
      dockerfile: "Containerfile",
      noCache: true,
      layers: false,
      buildArgs: { ...(await host()).proxies, ...variables },
      signal,
    };
    const mounted = Object.fromEntries(secrets.map((each) => [each.id, secretPath(each.id)]));
    const steps = engine.buildImage(context, {
      ...asked,
      secrets: mounted,
    });
    for await (const step of steps) text.take(step);
    text.end();
  } catch (error) {
    text.end();
    signal.throwIfAborted();
    if (!isEngineError(error)) throw error;
    const status = /(?:exit status|exited with|non-zero code:?) (\d+)/.exec(error.message)?.[1];
    const how =
      status === undefined ? `could not run: ${error.message.trim()}` : `ended with exit status ${status}`;
    throw new BuildFailure(
      "CustomBuildFailed",
      `the builder ${builder} ${how}. Its output is in the build's log`,
      { cause: error },
    );
  } finally {
    context.destroy();
    await writing;
  }
}

interface BuilderSecret {
  readonly id: string;
  readonly target: string;
  readonly content: Buffer;
}

async function builderSecrets(
  { metadata, spec }: Build,
  { client }: CustomOptions,
): Promise<BuilderSecret[]> {
  const found: BuilderSecret[] = [];
  for (const [index, { secretSource, mountPath }] of (
    spec.strategy.customStrategy?.secrets ?? []
  ).entries()) {
    const { name = "" } = secretSource;
    const { data = {} } = await client
      .get(secret, { namespace: metadata.namespace, name })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
        const path = `spec.strategy.customStrategy.secrets[${index}].secretSource`;
        throw new BuildFailure("CustomBuildFailed", `${path}: there is no Secret ${name}`);
      });
    for (const [entry, [key, text]] of Object.entries(data).entries())
      found.push({
        id: `custom-${index}-${entry}`,
        target: `${mountPath}/${key}`,
        content: Buffer.from(text, "base64"),
      });
  }
  return found;
}

interface Step {
  /** Id of the builder's image. */
  readonly builder: string;
  readonly words: readonly string[];
  readonly secrets: readonly BuilderSecret[];
}

/** OpenShift's, and where the source is and the result goes. */
function variablesOf(build: Build, image: string): Record<string, string> {
  const { source, revision, strategy } = build.spec;
  const slash = image.indexOf("/");
  const variables: readonly (readonly [string, string | undefined])[] = [
    ["BUILD", JSON.stringify(build)],
    ["SOURCE_REPOSITORY", source?.git?.uri],
    ["SOURCE_URI", source?.git?.uri],
    ["SOURCE_REF", source?.git?.ref],
    ["SOURCE_COMMIT", revision?.git?.commit],
    ["SOURCE_CONTEXT_DIR", source?.contextDir],
    ["OUTPUT_REGISTRY", image.slice(0, slash)],
    ["OUTPUT_IMAGE", image.slice(slash + 1)],
    ["BUILD_INPUTS", inputsDir],
    ["OUTPUT_DIR", outputDir],
    ...(strategy.customStrategy?.env ?? []).map(({ name, value }) => [name, value ?? ""] as const),
  ];
  return Object.fromEntries(
    variables.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** The variables are build arguments, of which no log tells the values. */
function containerfileOf(
  { builder, words, secrets }: Step,
  variables: Readonly<Record<string, string>>,
): string {
  const mounts = secrets.map(({ id, target }) => `--mount=type=secret,id=${id},target=${target},mode=0400 `);
  return [
    `FROM ${builder}`,
    asRoot,
    `COPY inputs/ ${inputsDir}/`,
    `COPY output/ ${outputDir}/`,
    `WORKDIR ${inputsDir}`,
    ...Object.keys(variables).map((name) => `ARG ${name}`),
    `RUN ${mounts.join("")}${JSON.stringify(words)}`,
    "",
  ].join("\n");
}

interface ContextParts {
  readonly containerfile: string;
  readonly source: (AsyncIterable<unknown> & { destroy(): unknown }) | undefined;
  readonly secrets: readonly BuilderSecret[];
}

async function writeContext(context: Pack, { containerfile, source, secrets }: ContextParts): Promise<void> {
  const write = (name: string, content: string | Buffer, mode: number): Promise<void> =>
    new Promise((done, fail) => {
      context.entry({ name, mode, mtime: new Date(0) }, content, (error) => (error ? fail(error) : done()));
    });
  for (const { id, content } of secrets) await write(secretPath(id), content, 0o600);
  await write("Containerfile", containerfile, 0o644);
  for (const name of ["inputs", "output"]) {
    await new Promise<void>((done, fail) => {
      context.entry({ name, type: "directory", mode: 0o755, mtime: new Date(0) }, (error) =>
        error ? fail(error) : done(),
      );
    });
  }
  if (source !== undefined)
    await copyTar(context, source, (name) => `inputs/${name.replace(/^(\.?\/)+/, "")}`);
  context.finalize();
}

/** What the builder left, as a source of its own. */
async function readOutput(
  build: Build,
  made: string,
  { engine, sources, signal }: CustomOptions,
): Promise<{ readonly source: string; readonly dockerfile: string }> {
  const add: AddTar = async (write) => {
    const use = (tar: AsyncIterable<unknown>): Promise<void> =>
      write(tar, (name) => name.replace(/^(\.?\/)*[^/]+\/?/, "").replace(/\/$/, "") || undefined);
    await readFromImage(build, { image: made, sourcePath: outputDir }, { engine, use });
  };
  const { id } = await sources.put(composedSource({ files: [], tars: [add] }), signal);
  const tree = await readSourceTree(sources.open(id), { reads: () => false });
  const dockerfile = dockerfileNames.find((name) => tree.paths.has(name));
  if (dockerfile !== undefined) return { source: id, dockerfile };
  const left =
    tree.paths.size === 0 ? "it left nothing" : `it left ${[...tree.paths].slice(0, 5).join(", ")}`;
  const message = `the builder left no Dockerfile in $OUTPUT_DIR (${outputDir}): ${left}. Nagi builds and pushes the image from there`;
  throw new BuildFailure("CustomBuildFailed", message);
}
