/** Fetches commits of repositories elsewhere, with the credentials that belong to each. */

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../errors.ts";
import { explainGitFailure, openGitAccess, type GitCredential } from "./git-access.ts";
import { checkGitUrl, parseGitUrl, shownGitUrl, type GitUrl } from "./git-url.ts";

const run = promisify(execFile);
const outputMaxBytes = 4 * 1024 ** 2;
const fetchTimeoutMs = 30 * 60_000;
/** No other protocol is spoken, so that nobody reads a repository of this machine's disk. */
const settings = [
  "protocol.allow=never",
  ...["http", "https", "ssh"].map((name) => `protocol.${name}.allow=always`),
];

export interface RemoteGitOptions {
  /** Of every git that is run. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly credentialFor: (url: string) => GitCredential | undefined;
  /** Told when a host was seen for the first time; a failure is the callee's to report. */
  readonly onLearnt: (credential: GitCredential, knownHosts: string) => Promise<void>;
  /** PEM of certificates to trust besides the public ones. */
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Where files with secrets lie while git runs. */
  readonly scratchDir?: string | undefined;
}

/** A repository cannot be fetched; the message says why and what to do. */
export class FetchProblem extends Error {
  override readonly name = "FetchProblem";
  /** Whether the repository answers, and has no such branch, tag or commit. */
  readonly isMissing: boolean;

  constructor(message: string, options: ErrorOptions & { readonly isMissing?: boolean } = {}) {
    super(message, options);
    this.isMissing = options.isMissing ?? false;
  }
}

export class RemoteGit {
  readonly #options: RemoteGitOptions;

  constructor(options: RemoteGitOptions) {
    this.#options = options;
  }

  /** Of the Secret that the repository is fetched with; undefined for one that everybody may read. */
  credentialName(address: string): string | undefined {
    return this.#options.credentialFor(address)?.name;
  }

  /** What a file at an address over HTTP is asked for with; undefined where nothing is. */
  httpCredential(address: string): Pick<GitCredential, "username" | "password" | "ca"> | undefined {
    return this.#options.credentialFor(address);
  }

  /** A git command in a repository on disk; its output. */
  async git(directory: string, ...args: string[]): Promise<string> {
    const { env, signal, timeoutMs = fetchTimeoutMs } = this.#options;
    const words = [...settings.flatMap((setting) => ["-c", setting]), "-C", directory, ...args];
    const { stdout } = await run("git", words, {
      // What git says is looked at: in English.
      env: { ...env, LC_ALL: "C.UTF-8", GIT_TERMINAL_PROMPT: "0" },
      maxBuffer: outputMaxBytes,
      signal,
      timeout: timeoutMs,
    });
    return stdout.trim();
  }

  /**
   * Brings the commit that the branch, tag or commit means into the repository, and gives its hash. Throws a
   * FetchProblem.
   */
  async fetch(directory: string, address: string, ref: string): Promise<string> {
    const url = parseGitUrl(address);
    const problem = checkGitUrl(address);
    if (url === undefined || problem !== undefined)
      throw new FetchProblem(
        `the address ${JSON.stringify(shownGitUrl(address))} ${problem ?? "is none of git's"}`,
      );
    const credential = this.#options.credentialFor(address);
    const closed = await mkdtemp(join(this.#options.scratchDir ?? tmpdir(), "nagi-git-access-"));
    try {
      const access = await openGitAccess({ directory: closed, url, credential, ca: this.#options.ca });
      const commit = await this.#fetchCommit(directory, { address, ref, args: access.args });
      const learnt = credential === undefined ? undefined : await access.learnt();
      if (credential !== undefined && learnt !== undefined) await this.#options.onLearnt(credential, learnt);
      return commit;
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (error instanceof FetchProblem) throw error;
      throw new FetchProblem(reasonOf(error, url, credential), { cause: error });
    } finally {
      await rm(closed, { recursive: true, force: true });
    }
  }

  /** One commit where the server gives single ones; else all of them, as simple servers want it. */
  async #fetchCommit(directory: string, asked: Asked): Promise<string> {
    const { address, ref, args } = asked;
    const fetch = (...words: string[]): Promise<string> =>
      this.git(directory, ...args, "fetch", "--quiet", ...words);
    try {
      await fetch("--depth=1", "--", address, ref);
      return await this.git(directory, "rev-parse", "FETCH_HEAD^{commit}");
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (isRefusal(complaintOf(error))) throw error;
    }
    if (ref === "HEAD") {
      await fetch("--", address, ref);
      return await this.git(directory, "rev-parse", "FETCH_HEAD^{commit}");
    }
    await fetch("--", address, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*");
    return await this.git(directory, "rev-parse", "--verify", `${ref}^{commit}`).catch((error: unknown) => {
      const message = `there is no branch, tag or commit ${ref} there`;
      throw new FetchProblem(message, { cause: error, isMissing: true });
    });
  }
}

interface Asked {
  readonly address: string;
  readonly ref: string;
  readonly args: readonly string[];
}

function complaintOf(error: unknown): string {
  const { stderr } = error as { readonly stderr?: unknown };
  return typeof stderr === "string" ? stderr : "";
}

/** Asking once more would bring the same answer. */
function isRefusal(complaint: string): boolean {
  return /Permission denied|Host key|could not read (Username|Password)|Authentication failed|Could not resolve/i.test(
    complaint,
  );
}

function reasonOf(error: unknown, url: GitUrl, credential: GitCredential | undefined): string {
  const complaint = complaintOf(error);
  if ((error as { killed?: boolean }).killed === true) return `${url.host} did not answer in time`;
  if (complaint.trim() === "") return messageOf(error);
  return explainGitFailure(complaint, url, credential);
}
