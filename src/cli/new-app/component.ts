/** What an argument of `nagi new-app` means: a git repository, a directory or an image; and the app that comes of it. */

import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { checkGitUrl } from "../../lib/git/git-url.ts";
import { newObject } from "../../model/kind.ts";
import { checkImage } from "../../model/kinds/nagi/app-names.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { platform as platformKind } from "../../model/kinds/nagi/platform/platform.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { detectSource } from "../detect-source.ts";
import { runGit } from "../deploy/run-git.ts";
import { platformOf } from "../platform-option.ts";
import { currentItem } from "../../model/kinds/image/tag-items.ts";
import { findStream, tagNamed, type PlacedTag } from "../images/image-streams.ts";
import { resolveImage } from "../images/resolve-image.ts";
import { rootOf } from "../source-root.ts";

export interface Component {
  /** What was found, for people. */
  readonly found: string;
  /** What the app is made of, for people. */
  readonly what: string;
  readonly app: App;
  /** The directory that is deployed; absent for an image. */
  readonly folder?: string | undefined;
  /** Deploys of the same origin send what has changed between them. */
  readonly origin: string;
  /** Removes what was fetched. */
  readonly dispose: () => void;
}

export async function componentOf(context: CommandContext, given: string): Promise<Component> {
  const { by, source: word } = builderIn(context, given);
  const built = by === undefined ? undefined : { by, spec: await builtBy(context, by) };
  const path = resolve(context.host.cwd, word);
  if (existsSync(path)) {
    if (!statSync(path).isDirectory())
      throw new UsageError(`${word} is a file`, `An archive: nagi deploy --archive ${word}`);
    return await ofFolder(context, { word, folder: path, origin: path, built, dispose: () => undefined });
  }
  if (isGitUrl(word)) return await ofRepository(context, word, built);
  if (by === undefined) return await ofImage(context, word);
  throw new UsageError(
    `${word}, which ${by} is to build, is no directory and no git URL`,
    "As with oc: nagi new-app BUILDER~GIT-URL, or BUILDER~DIR",
  );
}

function isGitUrl(word: string): boolean {
  const [url = ""] = word.split("#");
  return /^(https?|ssh|git|file):\/\//.test(url) || /^[\w.-]+@[\w.-]+:/.test(url) || url.endsWith(".git");
}

/** As with oc: `BUILDER~SOURCE` says what the source is built by. */
function builderIn(
  { host }: CommandContext,
  word: string,
): { readonly by: string | undefined; readonly source: string } {
  const isPath = existsSync(resolve(host.cwd, word));
  const [, by, source = word] = (isPath ? null : /^([\w.:/@-]+)~(.+)$/s.exec(word)) ?? [];
  return { by, source };
}

/** What the user says that the source is built by. */
interface Built {
  readonly by: string;
  readonly spec: Pick<NonNullable<NonNullable<App["spec"]>["source"]>, "platform" | "builder">;
}

/** The name of a platform, or a source-to-image builder. */
async function builtBy(context: CommandContext, by: string): Promise<Built["spec"]> {
  const client = await context.client();
  const { items } = await client.list(platformKind);
  if (items.some(({ metadata }) => metadata.name === by.split(":")[0]))
    return { platform: (await platformOf(client, by)) ?? undefined };
  const problem = checkImage(by);
  if (problem !== undefined)
    throw new UsageError(
      `${JSON.stringify(by)} is neither a platform (nagi platforms) nor a builder: it ${problem}`,
    );
  return { builder: { image: by } };
}

async function ofRepository(
  context: CommandContext,
  word: string,
  built: Built | undefined,
): Promise<Component> {
  const [url = "", ref] = word.split("#");
  const folder = mkdtempSync(join(tmpdir(), "nagi-new-app-"));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  const branch = ref === undefined || ref === "" ? [] : ["--branch", ref];
  context.terminal.progress(`Fetching ${url}`);
  try {
    await runGit({
      args: ["clone", "--quiet", "--depth", "1", "--recurse-submodules", ...branch, "--", url, folder],
      cwd: context.host.cwd,
      env: { ...context.host.env, GIT_TERMINAL_PROMPT: "0" },
      signal: context.signal,
    });
    context.terminal.progressDone();
    // A repository of this machine's disk is none that the platform could fetch.
    const git = checkGitUrl(url) === undefined ? { uri: url, ref: ref === "" ? undefined : ref } : undefined;
    return await ofFolder(context, { word, folder, origin: word, git, built, dispose });
  } catch (error) {
    dispose();
    throw error;
  }
}

interface Folder {
  readonly word: string;
  readonly folder: string;
  readonly origin: string;
  readonly git?: { readonly uri: string; readonly ref: string | undefined } | undefined;
  readonly built: Built | undefined;
  readonly dispose: () => void;
}

async function ofFolder(context: CommandContext, given: Folder): Promise<Component> {
  const { word, folder, origin, git, built, dispose } = given;
  const contextDir = rootOf(context.text("context-dir") ?? "");
  const root = join(folder, contextDir ?? "");
  if (!existsSync(root) || !statSync(root).isDirectory())
    throw new UsageError(`--context-dir is ${contextDir}: ${word} has no such directory`);
  const answer =
    built === undefined
      ? await detectSource(context, root)
      : { ok: true as const, text: `source for ${built.by}, as you say`, processes: {} };
  if (!answer.ok) throw new UsageError(`${word}: ${answer.text}`);
  const name = await nameFor(context, basename(folder === origin ? folder : (word.split("#")[0] ?? "")));
  const isSaid = [contextDir, git, built].some((each) => each !== undefined);
  const spec = isSaid ? { source: { git, contextDir, ...built?.spec } } : {};
  const names = Object.keys(answer.processes);
  const types = names.length === 0 ? "" : ` (${names.join(", ")})`;
  return {
    found: `in ${word}: ${answer.text}`,
    what: `built from ${folder === origin ? folder : word}${types}`,
    app: newObject<App>(appKind, name, { spec }),
    folder,
    origin,
    dispose,
  };
}

async function ofImage(context: CommandContext, image: string): Promise<Component> {
  if (!/^[\w.:/@-]+$/.test(image) || image.startsWith("/") || image.startsWith("."))
    throw new UsageError(`${image} is no directory, git URL or image`);
  const [path = ""] = image.split("@");
  const name = await nameFor(context, basename(path).split(":")[0] ?? "");
  const tag = await tagIn(context, image, name.namespace);
  if (tag !== undefined) {
    const spec = { imageStreamTag: `${tag.stream}:${tag.tag}`, port: context.number("port") };
    return {
      found: `${image}: a tag of image stream ${tag.stream}`,
      what: `following it, with port ${spec.port ?? 8080}`,
      app: newObject<App>(appKind, name, { spec }),
      origin: image,
      dispose: () => undefined,
    };
  }
  const byDigest = await resolveImage(context, { namespace: name.namespace, image });
  const spec = { image: byDigest, port: context.number("port") };
  return {
    found: `${image}: an image`,
    what: `running it, with port ${spec.port ?? 8080}`,
    app: newObject<App>(appKind, name, { spec }),
    origin: image,
    dispose: () => undefined,
  };
}

/** As with oc, a tag of the namespace goes before an image of that name elsewhere. */
async function tagIn(
  context: CommandContext,
  word: string,
  namespace: string,
): Promise<PlacedTag | undefined> {
  if (!/^[a-z0-9][\w.-]*(:[\w.-]+)?$/.test(word)) return undefined;
  const tag = tagNamed(word, namespace);
  const stream = await findStream(await context.client(), tag);
  return currentItem(stream, tag.tag) === undefined ? undefined : tag;
}

async function nameFor(context: CommandContext, source: string) {
  const made = source
    .replace(/\.git$/, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const name = context.text("name") ?? made;
  if (name === "") throw new UsageError("the app needs a name", "Name it: --name NAME");
  return { name, namespace: await context.namespace() };
}
