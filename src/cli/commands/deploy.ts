import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findObject } from "../../client/find-object.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { release } from "../../model/kinds/nagi/release/release.ts";
import { appOption, getApp } from "../app.ts";
import { refuseArguments, UsageError, type Command, type CommandContext } from "../command.ts";
import { deployFolder, type Folder } from "../deploy/deploy-folder.ts";
import { deployGit } from "../deploy/deploy-git.ts";
import { unpack } from "../deploy/unpack.ts";
import { resolveImage } from "../images/resolve-image.ts";
import { followRelease } from "../releases/release-progress.ts";

const sources = ["dir", "archive", "image", "ref"] as const;

export const command: Command = {
  name: "deploy",
  group: "Deploying",
  summary: "Deploy a directory, an archive, an image or the newest commit, without git push.",
  usage: "[--dir DIR | --archive FILE | --image IMAGE | --ref REF]",
  description:
    "A directory is sent as it is on disk, without what .gitignore, .slugignore and (beside a Dockerfile)\n" +
    ".dockerignore name, and built as a push is; of a second deploy only what has changed is sent. An archive is a\n" +
    "tar, compressed or not, or a zip; where it holds a single directory, that is the source. An image is run as it\n" +
    "is: the one that the name stands for now, by its digest. Name the port that it listens on unless it is 8080. An\n" +
    "app that is built from a git repository elsewhere (nagi source --git) needs no argument: the newest commit of its\n" +
    "branch is built. Ctrl-C cancels the build.",
  options: [
    appOption,
    { name: "dir", type: "string", value: "DIR", description: "The app's source (default: this directory)." },
    {
      name: "archive",
      type: "string",
      value: "FILE",
      description: "The app's source as a tar or zip; - for standard input.",
    },
    {
      name: "image",
      type: "string",
      value: "IMAGE",
      description: "An image that the container engine has or can pull.",
    },
    {
      name: "ref",
      type: "string",
      value: "REF",
      description: "Of an app with a git source: branch, tag or commit that is built (default: its own).",
    },
    { name: "port", type: "number", value: "PORT", description: "Port that the web process listens on." },
    { name: "all", type: "boolean", description: "With --dir: send ignored files too." },
    {
      name: "hold",
      type: "boolean",
      description: "Run the release beside the live one, at an address of its own, until nagi cutover.",
    },
    { name: "no-wait", type: "boolean", description: "Do not wait for the release." },
  ],
  examples: [
    "nagi deploy --app shop",
    "nagi deploy --app shop --archive shop-1.2.tar.gz",
    "nagi deploy --app web --image nginx:1.27 --port 80",
  ],
  async run(context) {
    const [word = ""] = context.args;
    refuseArguments(
      context,
      "deploy",
      `A directory: --dir ${word}; an archive: --archive ${word}; an image: --image ${word}`,
    );
    const given = sources.filter((name) => context.text(name) !== undefined);
    if (given.length > 1)
      throw new UsageError(
        `nagi deploy takes one of --dir, --archive, --image and --ref, not ${given.map((name) => `--${name}`).join(" and ")}`,
      );
    const found = await getApp(context);
    return context.flag("hold") ? await deployHeld(context, found) : await deploy(context, found);
  },
};

/** The release is asked for by its number: nothing else that makes one meanwhile is held in its place. */
async function deployHeld(context: CommandContext, found: App): Promise<number> {
  const { namespace, name = "" } = found.metadata;
  const client = await context.client();
  const hold = async (version: string | null): Promise<void> => {
    const body = { metadata: { annotations: { "nagi.dev/hold": version } } };
    await client.patch(appKind, { namespace, name }, { type: "merge", body });
  };
  await hold(`v${(found.status?.latestVersion ?? 0) + 1}`);
  let code = 1;
  try {
    code = await deploy(context, found);
  } finally {
    if (code !== 0) await hold(null);
  }
  return code;
}

async function deploy(context: CommandContext, found: App): Promise<number> {
  const image = context.text("image");
  const archive = context.text("archive");
  if (image !== undefined) return await deployImage(context, found, image);
  if (context.number("port") !== undefined)
    throw new UsageError(
      "--port belongs to --image",
      "What is built from source listens on the port in PORT.",
    );
  if (archive !== undefined) return await deployArchive(context, found, archive);
  const isGit = found.spec?.source?.git !== undefined && context.text("dir") === undefined;
  if (isGit || context.text("ref") !== undefined) return await deployGit(context, found);
  return await deployFolder(context, found, folderOf(context));
}

/** The app is to run it already; whether it does is another question. */
async function tellDeployed(
  context: CommandContext,
  { found, image }: { readonly found: App; readonly image: string },
): Promise<number> {
  const { namespace, name = "" } = found.metadata;
  const version = `v${found.status?.latestVersion ?? 0}`;
  const newest = await findObject(await context.client(), release, { namespace, name: `${name}-${version}` });
  if (newest?.status?.phase === "Failed" && newest.spec.image === image) {
    context.terminal.note(
      `Release ${version} of ${image} failed: ${newest.status.message ?? "no reason given"}`,
    );
    context.terminal.note(`To try it again: nagi releases retry --app ${name}`);
    return 1;
  }
  context.terminal.print(`${name} runs ${image} already`);
  return 0;
}

async function deployImage(context: CommandContext, found: App, wanted: string): Promise<number> {
  const client = await context.client();
  const { namespace, name = "" } = found.metadata;
  const image = await resolveImage(context, { namespace, image: wanted });
  if (image !== wanted) context.terminal.note(`${wanted} is ${image}`);
  const port = context.number("port");
  if (found.spec?.image === image && (port === undefined || found.spec.port === port)) {
    return await tellDeployed(context, { found, image });
  }
  await client.patch(appKind, { namespace, name }, { type: "merge", body: { spec: { image, port } } });
  return context.flag("no-wait") ? 0 : await followRelease(context, found);
}

function folderOf(context: CommandContext): Folder {
  const { host } = context;
  const given = context.text("dir");
  const path = resolve(host.cwd, given ?? ".");
  if (!existsSync(path) || !statSync(path).isDirectory())
    throw new UsageError(`--dir is ${path}: there is no such directory`);
  if (given === undefined && (path === "/" || path === host.home))
    throw new UsageError(
      `${path} is not the directory of an app`,
      "Go there, or name it: nagi deploy --dir DIR",
    );
  return { path, origin: path, all: context.flag("all"), message: `Deploy of ${path}` };
}

async function deployArchive(context: CommandContext, found: App, given: string): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "nagi-archive-"));
  try {
    const file = given === "-" ? join(directory, "input") : resolve(context.host.cwd, given);
    if (given === "-") writeFileSync(file, await context.terminal.readInputBytes());
    else if (!existsSync(file)) throw new UsageError(`--archive is ${file}: there is no such file`);
    const unpacked = join(directory, "files");
    mkdirSync(unpacked);
    const path = await unpack(file, unpacked, context.signal);
    const message = `Deploy of ${given === "-" ? "an archive" : given}`;
    return await deployFolder(context, found, { path, origin: "archive", all: true, message });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
