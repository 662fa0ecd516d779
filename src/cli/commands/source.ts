import { checkGitUrl, shownGitUrl } from "../../lib/git/git-url.ts";
import { newObject } from "../../model/kind.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { controllerRef } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isStatus } from "../../model/status.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { askedBuilder, builderOptions } from "../builder-option.ts";
import { columns } from "../format.ts";
import { platformOf, platformOption } from "../platform-option.ts";
import { buildOptions, buildRows, buildSettings } from "../source-build.ts";
import { rootOf } from "../source-root.ts";

export const command: Command = {
  name: "source",
  group: "Deploying",
  summary: "Show or choose what an app is built from, and how.",
  usage: "[OPTIONS]",
  description:
    "Of a repository with several apps each one builds a directory of its own, and a push that changes nothing there\n" +
    "builds nothing. What is chosen holds from the next push on. With --git the app is built from a repository elsewhere:\n" +
    "by nagi deploy, and by webhooks (nagi webhooks) when something is pushed there. A private one is read with a deploy\n" +
    "key (nagi deploy-keys), with a user and token that --token-stdin keeps in a Secret, or with the Secret of --secret.\n" +
    "How it is built is found out (nagi detect says what would be), unless a platform, a language or a Dockerfile is named.",
  options: [
    appOption,
    {
      name: "git",
      type: "string",
      value: "URL",
      description:
        "Repository elsewhere: https://host/path or git@host:path; an empty one stands for git push.",
    },
    {
      name: "ref",
      type: "string",
      value: "REF",
      description: "Branch or tag of that repository; an empty one stands for its default branch.",
    },
    {
      name: "secret",
      type: "string",
      value: "NAME",
      description:
        "Secret that the repository is read with: kubernetes.io/basic-auth or kubernetes.io/ssh-auth.",
    },
    {
      name: "token-stdin",
      type: "boolean",
      description: "Read a token for the repository from standard input, and keep it in a Secret.",
    },
    {
      name: "username",
      type: "string",
      value: "NAME",
      description: "User that the token belongs to, where the host wants one (default: git).",
    },
    {
      name: "branch",
      type: "string",
      value: "NAME",
      description: "Branch whose push deploys; an empty one stands for main or master.",
    },
    {
      name: "root",
      type: "string",
      value: "DIR",
      description: "Directory of the repository that is built; . stands for all of it.",
    },
    platformOption,
    ...buildOptions,
    ...builderOptions,
  ],
  examples: [
    "nagi source",
    "nagi source --root apps/web",
    "nagi source --branch release",
    "nagi source --platform python:v2",
    "nagi source --language static",
    "nagi source --dockerfile docker/Web --target web --arg VERSION=2 --build-secret token=npm/token",
    "nagi source --builder node-builder:latest --incremental",
    "nagi source --app shop --git https://git.example.com/team/shop.git --ref main",
  ],
  async run(context) {
    if (context.args.length > 0)
      throw new UsageError(
        `nagi source takes no ${JSON.stringify(context.args[0])}`,
        "For instance: nagi source --root apps/web",
      );
    const found = await getApp(context);
    const wanted = await wantedSpec(context, found);
    if (wanted === undefined) return show(context, found);
    const client = await context.client();
    const { namespace, name = "" } = found.metadata;
    const body = { spec: wanted };
    const changed = await client.patch(appKind, { namespace, name }, { type: "merge", body });
    show(context, changed);
    context.terminal.print(`Next: ${nextStep(changed)}`);
  },
};

/** Undefined when nothing shall change. */
async function wantedSpec(
  context: CommandContext,
  found: App,
): Promise<Record<string, JsonValue> | undefined> {
  const branch = context.text("branch");
  const root = context.text("root");
  const git = await wantedGit(context, found);
  const build = await wantedBuild(context, found);
  const isAsked = branch !== undefined || root !== undefined || git !== undefined;
  if (!isAsked && Object.keys(build).length === 0) return undefined;
  const source = {
    ...(root === undefined ? {} : { contextDir: rootOf(root) ?? null }),
    ...(git === undefined ? {} : { git }),
    ...build,
  };
  return {
    ...(branch === undefined ? {} : { branch: branch === "" ? null : branch }),
    ...(Object.keys(source).length === 0 ? {} : { source }),
  };
}

/** How it is built. */
async function wantedBuild(context: CommandContext, found: App): Promise<Record<string, JsonValue>> {
  const platform = context.text("platform");
  const settings = buildSettings(context, found);
  const builder = askedBuilder(context, found.spec?.source?.builder);
  return {
    ...settings,
    ...(platform === undefined ? {} : { platform: await platformOf(await context.client(), platform) }),
    ...(builder === undefined ? {} : { builder: builder && { ...builder } }),
  };
}

async function wantedGit(context: CommandContext, found: App): Promise<JsonValue | undefined> {
  const uri = context.text("git");
  if (uri === "") return null;
  const isAsked = ["git", "ref", "secret"].some((name) => context.text(name) !== undefined);
  if (!isAsked && !context.flag("token-stdin")) return undefined;
  const before = found.spec?.source?.git?.uri;
  const address = checkedAddress(uri ?? before);
  const isToken = context.flag("token-stdin");
  const secretName = isToken ? await keepToken(context, found, address) : context.text("secret");
  // What belonged to another repository does not belong to this one.
  const unsaid = address === before ? {} : { ref: null, secretRef: null };
  return { ...unsaid, uri: address, ...refOfText(context.text("ref")), ...secretRefOf(secretName) };
}

function checkedAddress(address: string | undefined): string {
  if (address === undefined)
    throw new UsageError("the app has no repository yet", "Name it: nagi source --git URL");
  const problem = checkGitUrl(address);
  if (problem !== undefined) throw new UsageError(`--git is ${shownGitUrl(address)}: it ${problem}`);
  return address;
}

function refOfText(ref: string | undefined): Record<string, JsonValue> {
  return ref === undefined ? {} : { ref: ref === "" ? null : ref };
}

function secretRefOf(name: string | undefined): Record<string, JsonValue> {
  return name === undefined ? {} : { secretRef: name === "" ? null : { name } };
}

/** The name of the Secret. */
async function keepToken(context: CommandContext, found: App, address: string): Promise<string> {
  if (!address.startsWith("https://"))
    throw new UsageError(
      `--token-stdin belongs to an address that begins with https://, not ${address}`,
      "Over SSH a repository is read with a key: nagi deploy-keys add",
    );
  const password = (await context.terminal.readInput()).trim();
  if (password === "")
    throw new UsageError("standard input is empty", "For instance: nagi source --token-stdin < FILE");
  const client = await context.client();
  const { namespace, name: app = "" } = found.metadata;
  const name = `${app}-git`;
  const stringData = { username: context.text("username") ?? "git", password };
  const type = "kubernetes.io/basic-auth";
  const metadata = { namespace, name, ownerReferences: [controllerRef(found)] };
  try {
    await client.create(secret, newObject<Secret>(secret, metadata, { type, stringData }));
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
    await client.patch(secret, { namespace, name }, { type: "merge", body: { stringData } });
  }
  return name;
}

function nextStep({ metadata, spec = {} }: App): string {
  if (spec.source?.git !== undefined) return `nagi deploy --app ${metadata.name}`;
  const to = spec.branch ?? "main";
  return `git push nagi ${to === "main" ? to : `${to}, or another branch: git push nagi BRANCH:${to}`}`;
}

function show({ terminal }: CommandContext, { metadata, spec = {} }: App): void {
  const { git, builder } = spec.source ?? {};
  const saved = builder?.incremental === true ? ", beginning with what it saved of the last build" : "";
  terminal.print(
    columns([
      ["App:", metadata.name ?? ""],
      ...(git === undefined
        ? [["Branch:", spec.branch ?? "main or master"]]
        : [
            ["Git:", git.uri],
            ["Ref:", git.ref ?? "the default branch"],
            ["Secret:", git.secretRef?.name ?? "none named"],
          ]),
      ["Root:", spec.source?.contextDir ?? "the whole repository"],
      ...buildRows(spec.source ?? {}),
      ...(builder === undefined ? [] : [["Builder:", `${builder.image}${saved}`]]),
    ]),
  );
}
