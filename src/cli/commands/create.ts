import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import { appNameMax, checkAppName } from "../../model/kinds/nagi/app-names.ts";
import { isStatus } from "../../model/status.ts";
import { gitSshUrl, gitUrl, platformInfo, type PlatformInfo } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { askedBuilder, builderOptions } from "../builder-option.ts";
import { credentialHelper } from "../git-credentials.ts";
import { fileOption, manifestsOf, outputOption } from "../manifests.ts";
import { printWritten } from "../output.ts";
import { platformOf, platformOption } from "../platform-option.ts";
import { kindOf } from "../resources.ts";
import { rootOf } from "../source-root.ts";

export const command: Command = {
  name: "create",
  group: "Apps",
  summary: "Create an app, or objects from a file.",
  usage: "[NAME] | -f FILE",
  description:
    "Creates an app and, inside a git repository, the remote `nagi` to push to. Without a name the directory's\n" +
    "name is taken. With -f it creates the objects of a manifest (YAML or JSON), as kubectl does.",
  options: [
    fileOption,
    outputOption(["name", "yaml", "json"]),
    {
      name: "remote",
      type: "string",
      value: "NAME",
      default: "nagi",
      description: "Name of the git remote.",
    },
    {
      name: "root",
      type: "string",
      value: "DIR",
      description: "Directory of the repository that the app is built from, where it holds several.",
    },
    {
      name: "branch",
      type: "string",
      value: "NAME",
      description: "Branch whose push deploys (default: main or master).",
    },
    platformOption,
    {
      name: "ssh",
      type: "boolean",
      description: "Let the git remote use SSH, with a key of yours: nagi keys add.",
    },
    ...builderOptions,
    { name: "no-remote", type: "boolean", description: "Leave the git repository alone." },
  ],
  examples: [
    "nagi create shop",
    "git push nagi main",
    "nagi create web --root apps/web --remote web",
    "nagi create shop --builder node-builder:latest",
    "nagi create -f hello-pod.json",
  ],
  async run(context) {
    if (context.texts("filename").length > 0) await createObjects(context);
    else await createApp(context);
  },
};

async function createObjects(context: CommandContext): Promise<void> {
  const client = await context.client();
  for (const manifest of await manifestsOf(context)) {
    const kind = await kindOf(client, manifest);
    const created = await client.create(kind, manifest, { fieldValidation: "Strict" });
    printWritten(context, kind, { object: created, verb: "created" });
  }
}

async function createApp(context: CommandContext): Promise<void> {
  const name = context.args[0] ?? nameFromFolder(context.host.cwd);
  if (checkAppName(name) !== undefined)
    throw new UsageError(
      `an app cannot be named ${JSON.stringify(name)}: ${nameRule}`,
      `For instance: nagi create ${suggestedName(name)}`,
    );
  const client = await context.client();
  const namespace = await context.namespace();
  const contextDir = rootOf(context.text("root") ?? "");
  const platform = (await platformOf(client, context.text("platform") ?? "")) ?? undefined;
  const builder = askedBuilder(context, undefined) ?? undefined;
  const isSaid = [contextDir, platform, builder].some((each) => each !== undefined);
  const source = isSaid ? { source: { contextDir, platform, builder } } : {};
  const spec = { branch: context.text("branch"), ...source };
  try {
    await client.create(app, newObject<App>(app, { name, namespace }, { spec }));
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
    throw new UsageError(
      `there is an app ${name} in namespace ${namespace} already`,
      `See it: nagi info ${name}`,
    );
  }
  const info = await platformInfo(client);
  const { host, terminal } = context;
  const scheme = new URL(info.httpUrl);
  terminal.print(
    `Created app ${name}. It will answer at ${scheme.protocol}//${name}.${info.domain}:${scheme.port}`,
  );
  const url = remoteUrl(context, info, namespace, name);
  terminal.print(`Git: ${url}`);
  if (context.flag("no-remote")) return;
  const inside = await host.capture("git", ["-C", host.cwd, "rev-parse", "--is-inside-work-tree"]);
  if (inside?.trim() !== "true") {
    terminal.print(`Next: in the app's git repository: git remote add nagi ${url} && git push nagi main`);
    return;
  }
  await addRemote(context, url);
}

function remoteUrl(context: CommandContext, info: PlatformInfo, namespace: string, name: string): string {
  if (!context.flag("ssh")) return gitUrl(info, namespace, name);
  const url = gitSshUrl(info, namespace, name);
  if (url !== undefined) return url;
  throw new UsageError(
    "this platform does not serve git over SSH; the app is created",
    `Push over HTTP: git remote add nagi ${gitUrl(info, namespace, name)}`,
  );
}

async function addRemote(context: CommandContext, url: string): Promise<void> {
  const { host, terminal } = context;
  const remote = context.text("remote") ?? "nagi";
  const git = (...argv: string[]): Promise<string | undefined> =>
    host.capture("git", ["-C", host.cwd, ...argv]);
  const present = await git("remote", "get-url", remote);
  if (present !== undefined && present.trim() !== url)
    throw new UsageError(
      `the git remote ${remote} is ${present.trim()} already; the app is created`,
      `Point it here: git remote set-url ${remote} ${url}. Or choose another: nagi create --remote NAME`,
    );
  if (present === undefined && (await git("remote", "add", remote, url)) === undefined)
    throw new Error(`cannot add the git remote ${remote} in ${host.cwd}`);
  if (!context.flag("ssh"))
    await git("config", `credential.${new URL(url).origin}.helper`, credentialHelper(context));
  terminal.print(
    `Added the git remote ${remote}. Next: git push ${remote} ${context.text("branch") ?? "main"}`,
  );
}

const nameRule = `a name has at most ${appNameMax} lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen`;

/** What is left of the text that a name may have; "" when nothing is. */
function asName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[-0-9]+|-+$/g, "")
    .slice(0, appNameMax)
    .replace(/-+$/, "");
}

const suggestedName = (text: string): string => asName(text) || "shop";

function nameFromFolder(cwd: string): string {
  const name = asName(cwd.split("/").at(-1) ?? "");
  if (name === "")
    throw new UsageError("nagi create needs the name of the app", "For instance: nagi create shop");
  return name;
}
