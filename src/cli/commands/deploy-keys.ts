import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { decodeText } from "../../lib/base64.ts";
import {
  deployKeyLabel,
  entries,
  knownHostsAnnotation,
  matchAnnotation,
} from "../../client/git-credentials.ts";
import { canonicalGitUrl, parseGitUrl } from "../../lib/git/git-url.ts";
import { newObject } from "../../model/kind.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { controllerRef, refOf } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";
import { ageText } from "../../model/table.ts";
import { appName, appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";

const run = promisify(execFile);
const maxNameLength = 63;

export const command: Command = {
  name: "deploy-keys",
  group: "Deploying",
  summary: "List, make or remove the SSH keys that an app's private repositories are read with.",
  usage: "[add | show [NAME] | remove NAME]",
  description:
    "add makes a key pair: the private part is kept in a Secret, the public one is printed, to be pasted where the\n" +
    "repository is (as a deploy key, reading is enough). It serves the app's repository (nagi source --git) and\n" +
    "submodules on the same host; hosts that want a key of its own for each repository need one with --repository for\n" +
    "each. The host's key is believed when it is met first, and from then on it must stay the same; with --known-hosts\n" +
    "only those of the file are believed.",
  subcommands: ["list", "add", "show", "remove"],
  options: [
    appOption,
    {
      name: "repository",
      type: "string",
      value: "URL",
      description: "With add: the only repository that the key is for, for instance of a submodule.",
    },
    {
      name: "known-hosts",
      type: "string",
      value: "FILE",
      description: "With add: the host keys that are believed, as in ~/.ssh/known_hosts.",
    },
  ],
  examples: [
    "nagi deploy-keys add --app shop",
    "nagi deploy-keys add --repository git@git.example.com:team/lib.git",
    "nagi deploy-keys show",
    "nagi deploy-keys remove shop-deploy-key",
  ],
  async run(context) {
    const [action = "list", name, more] = context.args;
    const act = actions[action];
    if (act === undefined || more !== undefined)
      throw new UsageError(
        act === undefined
          ? `nagi deploy-keys has no action ${JSON.stringify(action)}`
          : `nagi deploy-keys ${action} takes one name, not ${JSON.stringify(more)} too`,
        `The actions: ${Object.keys(actions).join(", ")}`,
      );
    return await act(context, name);
  },
};

type Action = (context: CommandContext, name: string | undefined) => Promise<void>;

const actions: Readonly<Record<string, Action>> = { list, add, show, remove };

async function keysOf(context: CommandContext): Promise<readonly Secret[]> {
  const client = await context.client();
  const labelSelector = `${deployKeyLabel}=${await appName(context)}`;
  return (await client.list(secret, { namespace: await context.namespace(), labelSelector })).items;
}

async function list(context: CommandContext): Promise<void> {
  const found = await keysOf(context);
  if (found.length === 0)
    return context.terminal.note("The app has no deploy keys. Make one: nagi deploy-keys add");
  const rows = found.map((each) => [
    each.metadata.name ?? "",
    repositoryOf(each) ?? "the app's own, and its host's",
    fingerprintOf(publicKeyOf(each)),
    hostsOf(each),
    ageText(each.metadata.creationTimestamp, Date.now()),
  ]);
  context.terminal.print(columns([["NAME", "REPOSITORY", "FINGERPRINT", "KNOWN HOSTS", "AGE"], ...rows]));
}

async function add(context: CommandContext, given: string | undefined): Promise<void> {
  if (given !== undefined)
    throw new UsageError(
      `nagi deploy-keys add takes no ${JSON.stringify(given)}`,
      "The app: --app NAME. A single repository: --repository URL",
    );
  const found = await getApp(context);
  const { namespace, name: app = "" } = found.metadata;
  const repository = checkedRepository(context.text("repository"));
  const name = secretName(app, repository);
  const knownHosts = await knownHostsIn(context);
  const { privateKey, publicKey } = await makeKeyPair(context, `nagi-${app}`);
  const client = await context.client();
  const fresh = newObject<Secret>(
    secret,
    {
      namespace,
      name,
      labels: { [deployKeyLabel]: app },
      annotations: {
        ...(repository === undefined ? {} : { [`${matchAnnotation}1`]: canonicalGitUrl(repository) }),
        ...(knownHosts === undefined ? { [knownHostsAnnotation]: "first-use" } : {}),
      },
      ownerReferences: [controllerRef(found)],
    },
    {
      type: "kubernetes.io/ssh-auth",
      stringData: {
        [entries.privateKey]: privateKey,
        [entries.publicKey]: publicKey,
        ...(knownHosts === undefined ? {} : { [entries.knownHosts]: knownHosts }),
      },
    },
  );
  await client.create(secret, fresh).catch((error: unknown) => {
    if (!isStatus(error, "AlreadyExists")) throw error;
    throw new UsageError(
      `there is a deploy key ${name} already`,
      `Its public part: nagi deploy-keys show ${name} --app ${app}. Or remove it first: nagi deploy-keys remove ${name} --app ${app}`,
    );
  });
  const { terminal } = context;
  terminal.note(`Made the deploy key ${name} (${fingerprintOf(publicKey)}).`);
  terminal.note(
    `Add this public key to ${repository ?? found.spec?.source?.git?.uri ?? "the repository"} as a deploy key; reading is enough:`,
  );
  terminal.print(publicKey);
  const uri = found.spec?.source?.git?.uri ?? "";
  if (repository === undefined && /^https?:/.test(uri))
    terminal.note(
      `The app's repository is read over HTTP so far, which no key is for: nagi source --app ${app} --git git@${new URL(uri).hostname}:PATH`,
    );
}

async function show(context: CommandContext, name: string | undefined): Promise<void> {
  context.terminal.print(publicKeyOf(await findKey(context, name)));
}

async function remove(context: CommandContext, name: string | undefined): Promise<void> {
  if (name === undefined)
    throw new UsageError("nagi deploy-keys remove needs the name of a key", "See: nagi deploy-keys");
  const found = await findKey(context, name);
  const client = await context.client();
  await client.delete(secret, refOf(found));
  context.terminal.print(
    `Removed the deploy key ${found.metadata.name} (${fingerprintOf(publicKeyOf(found))}). Remove it where the repository is, too.`,
  );
}

async function findKey(context: CommandContext, name: string | undefined): Promise<Secret> {
  const found = await keysOf(context);
  const names = found.map(({ metadata }) => metadata.name ?? "");
  const only = name === undefined && found.length === 1 ? found[0] : undefined;
  const chosen = only ?? found.find(({ metadata }) => metadata.name === name);
  if (chosen !== undefined) return chosen;
  const app = await appName(context);
  throw new UsageError(
    name === undefined
      ? `app ${app} has ${found.length === 0 ? "no deploy key" : "several deploy keys"}`
      : `app ${app} has no deploy key ${name}`,
    found.length === 0 ? `Make one: nagi deploy-keys add --app ${app}` : `There are: ${names.join(", ")}`,
  );
}

function checkedRepository(given: string | undefined): string | undefined {
  if (given === undefined || parseGitUrl(given)?.scheme === "ssh") return given;
  throw new UsageError(
    `--repository is ${given}: a key opens addresses over SSH only`,
    "For instance: --repository git@git.example.com:team/lib.git",
  );
}

function secretName(app: string, repository: string | undefined): string {
  const base = `${app}-deploy-key`;
  if (repository === undefined) return base;
  const last = (parseGitUrl(repository)?.path.split("/").at(-1) ?? "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
  return `${base}-${last}`.slice(0, maxNameLength).replaceAll(/^-+|-+$/g, "");
}

async function knownHostsIn(context: CommandContext): Promise<string | undefined> {
  const given = context.text("known-hosts");
  if (given === undefined) return undefined;
  const text = await readFile(resolve(context.host.cwd, given), "utf8").catch((error: Error) => {
    throw new UsageError(`--known-hosts is ${given}: ${error.message}`, "Make one: ssh-keyscan HOST > FILE");
  });
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  if (lines.length > 0 && lines.every((line) => /^(@[\w-]+ )?\S+ [\w@.-]+ [A-Za-z0-9+/=]+/.test(line)))
    return text;
  throw new UsageError(
    `--known-hosts is ${given}: it must hold lines of the form HOST TYPE KEY, as ~/.ssh/known_hosts has them`,
    "Make one: ssh-keyscan HOST > FILE",
  );
}

async function makeKeyPair(
  { host, signal }: CommandContext,
  comment: string,
): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const directory = await mkdtemp(join(tmpdir(), "nagi-deploy-key-"));
  try {
    const file = join(directory, "key");
    const env = { PATH: host.env["PATH"] ?? "" };
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file], { env, signal });
    const [privateKey, publicKey] = await Promise.all([
      readFile(file, "utf8"),
      readFile(`${file}.pub`, "utf8"),
    ]);
    return { privateKey, publicKey: publicKey.trim() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new UsageError(
      "this needs ssh-keygen, which is not installed",
      "As root: apt-get install openssh-client",
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function textOf({ data = {} }: Secret, key: string): string {
  return decodeText(data[key]);
}

function publicKeyOf(found: Secret): string {
  return textOf(found, entries.publicKey).trim();
}

function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

function repositoryOf({ metadata }: Secret): string | undefined {
  return metadata.annotations?.[`${matchAnnotation}1`];
}

function hostsOf(found: Secret): string {
  const hosts = textOf(found, entries.knownHosts)
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "")
    .filter((host) => host !== "" && !host.startsWith("#"));
  return hosts.length === 0 ? "none yet" : [...new Set(hosts)].join(", ");
}
