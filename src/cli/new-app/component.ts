/** What an argument of `nagi new-app` means: a git repository, a directory or an image; and the app that comes of it. */

import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { checkGitUrl } from "../../lib/git/git-url.ts";
import { newObject } from "../../model/kind.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { detectSource } from "../detect-source.ts";
import { runGit } from "../deploy/run-git.ts";
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

export async function componentOf(context: CommandContext, word: string): Promise<Component> {
  const path = resolve(context.host.cwd, word);
  if (existsSync(path)) {
    if (!statSync(path).isDirectory())
      throw new UsageError(`${word} is a file`, `An archive: nagi deploy --archive ${word}`);
    return await ofFolder(context, { word, folder: path, origin: path, dispose: () => undefined });
  }
  if (isGitUrl(word)) return await ofRepository(context, word);
  return await ofImage(context, word);
}

function isGitUrl(word: string): boolean {
  const [url = ""] = word.split("#");
  return /^(https?|ssh|git|file):\/\//.test(url) || /^[\w.-]+@[\w.-]+:/.test(url) || url.endsWith(".git");
}

async function ofRepository(context: CommandContext, word: string): Promise<Component> {
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
    return await ofFolder(context, { word, folder, origin: word, git, dispose });
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
  readonly dispose: () => void;
}

async function ofFolder(context: CommandContext, given: Folder): Promise<Component> {
  const { word, folder, origin, git, dispose } = given;
  const contextDir = rootOf(context.text("context-dir") ?? "");
  const root = join(folder, contextDir ?? "");
  if (!existsSync(root) || !statSync(root).isDirectory())
    throw new UsageError(`--context-dir is ${contextDir}: ${word} has no such directory`);
  const answer = await detectSource(context, root);
  if (!answer.ok) throw new UsageError(`${word}: ${answer.text}`);
  const name = await nameFor(context, basename(folder === origin ? folder : (word.split("#")[0] ?? "")));
  const spec = contextDir === undefined && git === undefined ? {} : { source: { git, contextDir } };
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
