import { isEnded } from "../../model/kinds/build/build-phases.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { createBuild } from "../../client/create-build.ts";
import { cloneBuild } from "../../client/start-build.ts";
import { newObject } from "../../model/kind.ts";
import { build, type Build } from "../../model/kinds/build/build/build.ts";
import { configLabel } from "../../model/kinds/build/new-build.ts";
import { controllerRef } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { appName, appOption, getApp, knownAppName } from "../app.ts";
import { buildInfo } from "../build-text.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { deployGit } from "../deploy/deploy-git.ts";
import { cancelBuild, followBuild, printBuildLog } from "../follow-build.ts";
import { columns } from "../format.ts";
import { listObjects, listOptions } from "../listing.ts";
import { objectText } from "../output.ts";
import { followRelease } from "../releases/release-progress.ts";

const counting = new Intl.Collator("en", { numeric: true });

export const command: Command = {
  name: "builds",
  group: "Deploying",
  summary: "List builds of an app or a BuildConfig; start, show, cancel or repeat one.",
  usage: "[start | info | logs | cancel | retry] [BUILD]",
  description:
    "BUILD is a name (shop-3) or its number (3); without it the newest build of the app is meant. retry builds the\n" +
    "same source again and deploys it; the branch in git stays where it is. start builds and deploys the newest commit of\n" +
    "an app with a git source (nagi source --git).",
  subcommands: ["start", "info", "logs", "cancel", "retry"],
  options: [
    appOption,
    ...listOptions,
    {
      name: "build-config",
      type: "string",
      value: "NAME",
      description: "List the builds of this BuildConfig.",
    },
    { name: "follow", short: "f", type: "boolean", description: "With logs: go on until the build ends." },
    { name: "no-wait", type: "boolean", description: "With start and retry: do not wait for the release." },
    {
      name: "ref",
      type: "string",
      value: "REF",
      description: "With start: branch, tag or commit (default: that of the app's source).",
    },
  ],
  examples: ["nagi builds", "nagi builds logs -f", "nagi builds cancel", "nagi builds retry shop-3"],
  async run(context) {
    const [action, name] = context.args;
    if (action === undefined) return await list(context);
    if (action === "start") return await deployGit(context, await getApp(context, name));
    const act = actions[action];
    if (act === undefined)
      throw new UsageError(
        `nagi builds has no action ${JSON.stringify(action)}`,
        `The actions: start, ${Object.keys(actions).join(", ")}`,
      );
    return await act(context, await findBuild(context, name));
  },
};

type Action = (context: CommandContext, found: Build) => Promise<number | void>;

const actions: Readonly<Record<string, Action>> = { info, logs, cancel, retry };

async function list(context: CommandContext): Promise<void> {
  await listObjects(context, build, {
    labelSelector: await listedBuilds(context),
    numbered: true,
    empty:
      "No builds yet. A push makes one: git push nagi main. So does a BuildConfig: nagi start-build NAME",
  });
}

/** Those of the BuildConfig or the app that is named or known; else all. */
async function listedBuilds(context: CommandContext): Promise<string | undefined> {
  const config = context.text("build-config");
  if (config !== undefined) return `${configLabel}=${config}`;
  const app = context.flag("all-namespaces") ? undefined : await knownAppName(context);
  return app === undefined ? undefined : `${appLabel}=${app}`;
}

/** By name, by number, or the newest of the app. */
async function findBuild(context: CommandContext, given: string | undefined): Promise<Build> {
  const client = await context.client();
  const isName = given !== undefined && !/^\d+$/.test(given);
  if (!isName) {
    const app = await appName(context);
    const namespace = await context.namespace();
    const { items } = await client.list(build, { namespace, labelSelector: `${appLabel}=${app}` });
    const sorted = items.toSorted((a, b) => counting.compare(a.metadata.name ?? "", b.metadata.name ?? ""));
    const found =
      given === undefined ? sorted.at(-1) : items.find(({ metadata }) => metadata.name === `${app}-${given}`);
    if (found !== undefined) return found;
    const what = given === undefined ? `app ${app} has no builds yet` : `app ${app} has no build ${given}`;
    throw new UsageError(
      what,
      given === undefined ? "A push makes one: git push nagi main" : "See: nagi builds",
    );
  }
  const namespace = await context.namespace();
  try {
    return await client.get(build, { namespace, name: given });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(
      `there is no build ${given} in namespace ${namespace}`,
      "The builds there are: nagi builds --app NAME",
    );
  }
}

async function info(context: CommandContext, found: Build): Promise<void> {
  const output = context.text("output");
  if (output === "json" || output === "yaml") context.terminal.write(objectText(found, output));
  else context.terminal.print(columns(buildInfo(found, Date.now())));
}

async function logs(context: CommandContext, found: Build): Promise<void> {
  const client = await context.client();
  const { namespace, name = "" } = found.metadata;
  const options = { follow: context.flag("follow"), signal: context.signal };
  await printBuildLog(context.terminal, client.log(build, { namespace, name }, options));
}

async function cancel(context: CommandContext, found: Build): Promise<number> {
  const { name = "" } = found.metadata;
  if (isEnded(found)) {
    context.terminal.note(`Build ${name} has ended already: ${found.status?.phase}`);
    return 1;
  }
  await cancelBuild(await context.client(), found);
  context.terminal.print(`Cancelling build ${name}`);
  return 0;
}

async function retry(context: CommandContext, found: Build): Promise<number> {
  const { name: old = "", namespace, labels, annotations = {} } = found.metadata;
  if (!isEnded(found))
    throw new UsageError(`build ${old} has not ended yet`, `Stop it first: nagi builds cancel ${old}`);
  if (labels?.[configLabel] !== undefined) return await retryOfConfig(context, found);
  const app = await getApp(context, labels?.[appLabel]);
  const appName = app.metadata.name ?? "";
  const { "openshift.io/build.number": _number, ...kept } = annotations;
  const fresh = newObject<Build>(
    build,
    {
      namespace,
      labels: { [appLabel]: appName },
      annotations: kept,
      ownerReferences: [controllerRef(app)],
    },
    { spec: { ...found.spec, triggeredBy: [{ message: `Retry of ${old}` }] } },
  );
  const made = await createBuild(await context.client(), appName, fresh);
  context.terminal.print(`Build ${made.metadata.name} builds the source of ${old} again`);
  if (!(await followBuild(context, made))) return 1;
  return context.flag("no-wait") ? 0 : await followRelease(context, app);
}

/** Its run policy says when the new build runs. */
async function retryOfConfig(context: CommandContext, found: Build): Promise<number> {
  const { name: old = "" } = found.metadata;
  const made = await cloneBuild(await context.client(), found, `Retry of ${old}`);
  context.terminal.print(`Build ${made.metadata.name} builds the source of ${old} again`);
  return (await followBuild(context, made)) ? 0 : 1;
}
