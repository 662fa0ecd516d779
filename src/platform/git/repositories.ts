/**
 * The bare repositories: `NAMESPACE/APP.git` below one directory, made when an app is first asked for, removed
 * with it. Configuration comes with each call (`gitEnvironment`), so that a repository on disk is data only.
 */

import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkDnsLabel } from "../../model/names.ts";

const run = promisify(execFile);
const uidFile = "nagi-app-uid";
const maxOutputBytes = 4 * 1024 ** 2;
/** Packing a large repository takes its time. */
const gitTimeoutMs = 60 * 60_000;

export interface GitLimits {
  /** Of what one push sends, packed. */
  readonly pushBytes: number;
}

export interface RepositoriesOptions {
  readonly directory: string;
  /** Directory of the hooks. */
  readonly hooksDir: string;
  readonly limits: GitLimits;
  /** PATH, with git in it. */
  readonly path: string;
}

export interface RepositoryRef {
  readonly namespace: string;
  readonly app: string;
}

export class Repositories {
  readonly #options: RepositoriesOptions;
  readonly #making = new Map<string, Promise<string>>();
  readonly #tidying = new Set<string>();

  constructor(options: RepositoriesOptions) {
    this.#options = options;
  }

  get root(): string {
    return this.#options.directory;
  }

  /** The environment of every git that runs here: nothing of the host's or a user's configuration counts. */
  gitEnvironment(): Record<string, string> {
    const settings: readonly (readonly [string, string])[] = [
      ["core.hooksPath", this.#options.hooksDir],
      ["receive.maxInputSize", String(this.#options.limits.pushBytes)],
      ["receive.autogc", "false"],
      // Said into a silent push each second, which is how one finds out that nobody listens any more.
      ["receive.keepAlive", "1"],
      ["receive.denyNonFastForwards", "false"],
      ["receive.denyDeletes", "false"],
      ["receive.advertisePushOptions", "true"],
      // A clone without history can be deployed as well as any.
      ["receive.shallowUpdate", "true"],
      // Of `nagi deploy --dir`: no part of what a clone wants.
      ["uploadpack.hideRefs", "refs/nagi"],
      ["http.receivepack", "true"],
      ["safe.directory", "*"],
      ["gc.auto", "2000"],
      ["gc.autoDetach", "false"],
    ];
    const variables: Record<string, string> = {
      PATH: this.#options.path,
      HOME: this.#options.directory,
      LC_ALL: "C.UTF-8",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_COUNT: String(settings.length),
      GIT_TERMINAL_PROMPT: "0",
      // Directories have the names that they have.
      GIT_LITERAL_PATHSPECS: "1",
    };
    for (const [index, [key, value]] of settings.entries()) {
      variables[`GIT_CONFIG_KEY_${index}`] = key;
      variables[`GIT_CONFIG_VALUE_${index}`] = value;
    }
    return variables;
  }

  path({ namespace, app }: RepositoryRef): string {
    for (const name of [namespace, app]) {
      const problem = checkDnsLabel(name);
      if (problem !== undefined)
        throw new Error(`cannot find repository ${JSON.stringify(name)}: ${problem}`);
    }
    return join(this.#options.directory, namespace, `${app}.git`);
  }

  /** The repository of the app with this uid, made when it is missing; an earlier app's of the name is replaced. */
  async ensure(ref: RepositoryRef, uid: string): Promise<string> {
    const path = this.path(ref);
    const kept = await readFile(join(path, uidFile), "utf8").catch(() => undefined);
    if (kept === uid) return path;
    const running = this.#making.get(path);
    if (running !== undefined) return await running;
    const making = this.#make(path, uid).finally(() => this.#making.delete(path));
    this.#making.set(path, making);
    return await making;
  }

  async #make(path: string, uid: string): Promise<string> {
    const fresh = `${path}.new`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    await this.git(fresh, ["init", "--quiet", "--bare", "--initial-branch=main", "--template=", "."]);
    await writeFile(join(fresh, uidFile), uid, { flush: true });
    await rm(path, { recursive: true, force: true });
    await rename(fresh, path);
    return path;
  }

  async remove(ref: RepositoryRef): Promise<void> {
    await rm(this.path(ref), { recursive: true, force: true });
  }

  /** Packs what many pushes have left loose; git itself decides when. */
  async tidy(ref: RepositoryRef): Promise<void> {
    const path = this.path(ref);
    if (this.#tidying.has(path)) return;
    this.#tidying.add(path);
    try {
      await this.git(path, ["gc", "--auto", "--quiet"]);
    } finally {
      this.#tidying.delete(path);
    }
  }

  /** Removes what pushes that were killed have left half-received. */
  async removeHalves(ref: RepositoryRef, before: Date): Promise<void> {
    const objects = join(this.path(ref), "objects");
    for (const name of await readdir(objects).catch(() => [])) {
      if (!name.startsWith("tmp_objdir-") && !name.startsWith("incoming-")) continue;
      const path = join(objects, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && found.mtime < before) await rm(path, { recursive: true, force: true });
    }
  }

  /** What is on disk. */
  async list(): Promise<RepositoryRef[]> {
    const found: RepositoryRef[] = [];
    for (const namespace of await readdir(this.#options.directory).catch(() => [])) {
      if (checkDnsLabel(namespace) !== undefined) continue;
      for (const name of await readdir(join(this.#options.directory, namespace)).catch(() => [])) {
        const app = /^(.+)\.git$/.exec(name)?.[1];
        if (app !== undefined && checkDnsLabel(app) === undefined) found.push({ namespace, app });
      }
    }
    return found;
  }

  /** What a git command writes to its output. */
  async git(
    path: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    timeoutMs = gitTimeoutMs,
  ): Promise<string> {
    const { stdout } = await run("git", [...args], {
      cwd: path,
      env: { ...this.gitEnvironment(), ...env },
      maxBuffer: maxOutputBytes,
      timeout: timeoutMs,
    });
    return stdout;
  }
}
