import { findObject } from "../../client/find-object.ts";
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { startBuild } from "../../client/start-build.ts";
import { buildConfig, type BuildConfig } from "../../model/kinds/build/buildconfig/buildconfig.ts";
import { imageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { currentItem } from "../../model/kinds/image/tag-items.ts";
import { parseTagName } from "../../model/kinds/image/tag-names.ts";
import { isStatus } from "../../model/status.ts";
import { variable } from "../builds/build-wishes.ts";
import {
  nameOfSource,
  plannedConfig,
  strategies,
  type GivenSource,
  type StrategyName,
} from "../builds/plan-build-config.ts";
import { sendSource } from "../builds/send-source.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { followBuild } from "../follow-build.ts";
import { outputOption } from "../manifests.ts";
import { objectText } from "../output.ts";
import { pause, pollMs } from "../wait.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";

/** A start of the platform may be under way. */
const firstBuildMaxMs = 60_000;

export const command: Command = {
  name: "new-build",
  group: "Deploying",
  summary: "Make a BuildConfig of a git repository, a directory or a Dockerfile, and build.",
  usage: "GIT-URL[#REF] | DIR | -D DOCKERFILE",
  description:
    "A repository is built when the BuildConfig is made, and again when the image that --image names moves; a directory\n" +
    "when it is sent: nagi start-build NAME --from-dir DIR. The image goes to NAME:latest of the image stream NAME.",
  options: [
    {
      name: "name",
      type: "string",
      value: "NAME",
      description: "Name of the BuildConfig (default: of the source).",
    },
    {
      name: "dockerfile",
      short: "D",
      type: "string",
      value: "TEXT",
      description: "Text of the Dockerfile to build; - for standard input.",
    },
    {
      name: "to",
      type: "string",
      value: "STREAM:TAG",
      description: "Image stream tag that the image goes to.",
    },
    {
      name: "strategy",
      type: "string",
      choices: strategies,
      value: "STRATEGY",
      description:
        "How it is built (default: docker for a Dockerfile, else nagi, which looks at the source).",
    },
    {
      name: "image",
      type: "string",
      value: "IMAGE",
      description:
        "Image to build on (docker), or the builder (source, custom); an image stream tag is followed.",
    },
    {
      name: "context-dir",
      type: "string",
      value: "DIR",
      description: "Directory of the source that is built.",
    },
    {
      name: "build-arg",
      type: "string",
      value: "NAME=VALUE",
      multiple: true,
      description: "Build argument of a docker build; may be given several times.",
    },
    {
      name: "env",
      short: "e",
      type: "string",
      value: "NAME=VALUE",
      multiple: true,
      description: "Environment variable of the build; may be given several times.",
    },
    { name: "no-follow", type: "boolean", description: "Do not show the first build's log." },
    { name: "dry-run", type: "boolean", description: "Print what would be made, and make nothing." },
    outputOption(["json", "yaml"]),
  ],
  examples: [
    "nagi new-build https://git.example.com/team/shop.git#main",
    "nagi new-build . --name shop --strategy docker",
    "echo 'FROM nagi/base' | nagi new-build -D - --name tools",
  ],
  async run(context) {
    const source = await givenSource(context);
    const config = await configOf(context, source);
    if (context.flag("dry-run") || context.text("output") !== undefined) {
      const format = context.text("output") === "json" ? "json" : "yaml";
      context.terminal.write(objectText(config, format));
      return 0;
    }
    const made = await makeConfig(context, config);
    const { name = "" } = made.metadata;
    context.terminal.print(`BuildConfig ${name} makes the image ${made.spec.output?.to?.name}`);
    const build = await firstBuild(context, made, source);
    context.terminal.print(`Build ${build.metadata.name} started`);
    if (context.flag("no-follow")) return 0;
    return (await followBuild(context, build)) ? 0 : 1;
  },
};

async function givenSource(context: CommandContext): Promise<GivenSource> {
  const [word, more] = context.args;
  const text = context.text("dockerfile");
  if (more !== undefined || (word === undefined) === (text === undefined))
    throw new UsageError(
      "nagi new-build takes one git URL, one directory, or -D DOCKERFILE",
      "For instance: nagi new-build .",
    );
  if (word === undefined) {
    const dockerfile = text === "-" ? await context.terminal.readInput() : (text ?? "");
    if (dockerfile.trim() === "") throw new UsageError("the Dockerfile is empty");
    return { kind: "dockerfile", text: dockerfile };
  }
  const path = resolve(context.host.cwd, word);
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) return { kind: "dir", path };
    throw new UsageError(`${word} is a file`, `A Dockerfile: nagi new-build -D - < ${word}`);
  }
  const [uri = "", ref] = word.split("#");
  if (/^(https?|ssh|git):\/\//.test(uri) || /^[\w.-]+@[\w.-]+:/.test(uri)) return { kind: "git", uri, ref };
  throw new UsageError(`${word} is no directory and no git URL`, "A git URL begins with https:// or http://");
}

async function configOf(context: CommandContext, source: GivenSource): Promise<BuildConfig> {
  const namespace = await context.namespace();
  const name = context.text("name") ?? nameOfSource(source);
  if (name === "")
    throw new UsageError("nothing says what the BuildConfig is called", "Name it: --name NAME");
  const image = context.text("image");
  const given = context.text("strategy") as StrategyName | undefined;
  const strategy = given ?? (source.kind === "dockerfile" ? "docker" : "nagi");
  return plannedConfig({
    namespace,
    name,
    source,
    strategy,
    image,
    imageIsTag: image !== undefined && (await isStreamTag(context, namespace, image)),
    to: context.text("to"),
    contextDir: context.text("context-dir"),
    env: context.texts("env").map((each) => variable("env", each)),
    buildArgs: context.texts("build-arg").map((each) => variable("build-arg", each)),
  });
}

async function isStreamTag(context: CommandContext, namespace: string, image: string): Promise<boolean> {
  const name = parseTagName(image);
  if (name === undefined) return false;
  const client = await context.client();
  const stream = await findObject(client, imageStream, { namespace, name: name.stream });
  if (stream === undefined) return false;
  if (currentItem(stream, name.tag) !== undefined) return true;
  const tags = (stream.status?.tags ?? []).map(({ tag }) => tag).join(", ");
  throw new UsageError(
    `--image is ${image}: the image stream ${name.stream} has no tag ${name.tag}`,
    `It has ${tags === "" ? "none yet" : tags}`,
  );
}

async function makeConfig(context: CommandContext, config: BuildConfig): Promise<BuildConfig> {
  try {
    return await (await context.client()).create(buildConfig, config);
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
    const { name, namespace } = config.metadata;
    throw new UsageError(
      `there is a BuildConfig ${name} in namespace ${namespace} already`,
      `Name another: --name NAME. Or build it: nagi start-build ${name}`,
    );
  }
}

/** Of a directory it is started here; else the configuration's own trigger makes it. */
async function firstBuild(context: CommandContext, config: BuildConfig, source: GivenSource): Promise<Build> {
  const client = await context.client();
  const { namespace, name = "" } = config.metadata;
  if (source.kind === "dir") {
    const id = await sendSource(context, { option: "from-dir", given: source.path });
    return await startBuild(client, { namespace, name }, { cause: "Build configuration change", source: id });
  }
  const triesMax = Math.ceil(firstBuildMaxMs / pollMs);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const found = await findObject(client, buildKind, { namespace, name: `${name}-1` });
    if (found !== undefined) return found;
    await pause(pollMs, context.signal);
  }
  throw new UsageError(
    `BuildConfig ${name} is made, but its first build has not been`,
    `Why: nagi describe buildconfig ${name}`,
  );
}
