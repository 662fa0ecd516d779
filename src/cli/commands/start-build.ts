import { cloneBuild, startBuild, type StartBuild } from "../../client/start-build.ts";
import { build, type Build } from "../../model/kinds/build/build/build.ts";
import { buildConfig, type BuildConfig } from "../../model/kinds/build/buildconfig/buildconfig.ts";
import { webHookTypes } from "../../model/kinds/build/build-trigger.ts";
import { refOf } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { wishesOf } from "../builds/build-wishes.ts";
import { sendSource, type Sent } from "../builds/send-source.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { apiUrl } from "../connect.ts";
import { followBuild, waitForBuild } from "../follow-build.ts";

const sentBy = ["from-dir", "from-file", "from-archive"] as const;
const ofConfigOnly = [...sentBy, "commit", "env", "build-arg", "build-loglevel"] as const;

export const command: Command = {
  name: "start-build",
  group: "Deploying",
  summary: "Start a build of a BuildConfig.",
  usage: "[NAME | --from-build BUILD]",
  description:
    "The builds of a BuildConfig with the label nagi.dev/app are builds of that app, and deploy it. What is sent with\n" +
    "--from-dir, --from-file or --from-archive is built instead of the git repository, this once.",
  options: [
    {
      name: "commit",
      type: "string",
      value: "COMMIT",
      description: "Build this commit, branch or tag of the git repository.",
    },
    {
      name: "from-dir",
      type: "string",
      value: "DIR",
      description: "Build this directory, without what its ignore files name.",
    },
    {
      name: "from-file",
      type: "string",
      value: "FILE",
      description: "Build this one file, for instance a Dockerfile; - for standard input.",
    },
    {
      name: "from-archive",
      type: "string",
      value: "FILE",
      description: "Build the content of a tar or zip; - for standard input.",
    },
    { name: "from-build", type: "string", value: "BUILD", description: "Repeat this build as it was." },
    {
      name: "env",
      short: "e",
      type: "string",
      value: "NAME=VALUE",
      multiple: true,
      description: "Environment variable of the build; may be given several times.",
    },
    {
      name: "build-arg",
      type: "string",
      value: "NAME=VALUE",
      multiple: true,
      description: "Build argument of a Docker build; may be given several times.",
    },
    { name: "incremental", type: "boolean", description: "Use the artifacts of the last build (Source)." },
    { name: "no-cache", type: "boolean", description: "Use no layers of earlier builds (Docker, Nagi)." },
    { name: "build-loglevel", type: "number", value: "0-10", description: "How much the build tells." },
    {
      name: "follow",
      short: "F",
      type: "boolean",
      description: "Show the build's log and wait for its end.",
    },
    {
      name: "list-webhooks",
      type: "string",
      value: "TYPE",
      choices: ["all", ...Object.values(webHookTypes)],
      description: "Start nothing: print the addresses of the webhook triggers.",
    },
    { name: "wait", short: "w", type: "boolean", description: "Wait for the build's end." },
  ],
  examples: [
    "nagi start-build shop --follow",
    "nagi start-build shop --commit v1.2",
    "nagi start-build shop --from-dir . --follow",
    "nagi start-build --from-build shop-3",
  ],
  async run(context) {
    if (context.text("list-webhooks") !== undefined) return await listWebhooks(context);
    const made = await start(context);
    context.terminal.print(`Build ${made.metadata.name} started`);
    if (context.flag("follow")) return (await followBuild(context, made)) ? 0 : 1;
    if (context.flag("wait")) return (await waitForBuild(context, made)) ? 0 : 1;
    return 0;
  },
};

async function listWebhooks(context: CommandContext): Promise<number> {
  const [name, more] = context.args;
  if (name === undefined || more !== undefined)
    throw new UsageError(
      "--list-webhooks takes the name of one BuildConfig",
      "Those there are: nagi get buildconfigs",
    );
  const { spec, metadata } = await namedConfig(context, name);
  const wanted = context.text("list-webhooks");
  const types = Object.entries(webHookTypes).filter(
    ([type, field]) =>
      (wanted === "all" || wanted === field) && (spec.triggers ?? []).some((each) => each.type === type),
  );
  if (types.length === 0) {
    context.terminal.note(
      `${name} has no ${wanted === "all" ? "webhook" : wanted} trigger: see spec.triggers`,
    );
    return 1;
  }
  const server = await apiUrl(context);
  const path = `/apis/build.openshift.io/v1/namespaces/${metadata.namespace}/buildconfigs/${name}/webhooks`;
  for (const [, field] of types) context.terminal.print(`${server}${path}/<secret>/${field}`);
  context.terminal.note(
    "<secret> is the trigger's: the entry WebHookSecretKey of its secretReference, or its secret.",
  );
  return 0;
}

async function start(context: CommandContext): Promise<Build> {
  const [name, more] = context.args;
  const from = context.text("from-build");
  if (more !== undefined || (name === undefined) === (from === undefined))
    throw new UsageError(
      "nagi start-build takes the name of one BuildConfig, or --from-build",
      "Those there are: nagi get buildconfigs",
    );
  return name === undefined ? await repeat(context, from ?? "") : await startNamed(context, name);
}

async function repeat(context: CommandContext, name: string): Promise<Build> {
  const given = ofConfigOnly.filter(
    (option) => context.texts(option).length > 0 || context.text(option) !== undefined,
  );
  if (given.length > 0)
    throw new UsageError(
      `--from-build repeats a build as it was: leave out ${given.map((each) => `--${each}`).join(", ")}`,
    );
  const client = await context.client();
  const namespace = await context.namespace();
  try {
    return await cloneBuild(
      client,
      await client.get(build, { namespace, name }),
      `Manually triggered: ${name} once more`,
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(
      `there is no build ${name} in namespace ${namespace}`,
      "Those there are: nagi get builds",
    );
  }
}

async function namedConfig(context: CommandContext, name: string): Promise<BuildConfig> {
  const namespace = await context.namespace();
  try {
    return await (await context.client()).get(buildConfig, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(
      `there is no BuildConfig ${name} in namespace ${namespace}`,
      "Those there are: nagi get buildconfigs",
    );
  }
}

async function startNamed(context: CommandContext, name: string): Promise<Build> {
  const client = await context.client();
  const config = await namedConfig(context, name);
  const ref = refOf(config);
  const wishes = wishesOf(
    {
      env: context.texts("env"),
      buildArgs: context.texts("build-arg"),
      incremental: context.flag("incremental"),
      noCache: context.flag("no-cache"),
      logLevel: context.number("build-loglevel"),
    },
    config,
  );
  const sent = sentSource(context, config);
  const source = sent === undefined ? undefined : await sendSource(context, sent);
  const commit = context.text("commit");
  const asked: StartBuild = { cause: "Manually triggered", commit, source, ...wishes };
  try {
    return await startBuild(client, ref, asked);
  } catch (error) {
    if (isStatus(error, "BadRequest")) throw new UsageError(error.message);
    throw error;
  }
}

function sentSource(context: CommandContext, { metadata, spec }: BuildConfig): Sent | undefined {
  const given = sentBy.filter((option) => context.text(option) !== undefined);
  const [option, second] = given;
  if (second !== undefined)
    throw new UsageError(`nagi start-build takes one of ${sentBy.map((each) => `--${each}`).join(", ")}`);
  const binary = spec.source?.binary;
  if (option === undefined) {
    if (binary === undefined) return undefined;
    throw new UsageError(
      `the source of ${metadata.name} is sent in for each build (spec.source.binary)`,
      `For instance: nagi start-build ${metadata.name} --from-dir .`,
    );
  }
  if (context.text("commit") !== undefined)
    throw new UsageError(
      `--commit is of the git repository, --${option} is built instead of it: leave one out`,
    );
  const text = context.text(option) ?? "";
  return option === "from-file" ? { option, given: text, name: binary?.asFile } : { option, given: text };
}
