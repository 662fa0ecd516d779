/** Copies images between registries with skopeo. What is copied keeps its digest, so that it stays the same image. */

import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RegistryEntries } from "../../client/pull-secrets.ts";
import { messageOf } from "../../lib/errors.ts";

const run = promisify(execFile);
const timeoutMs = 15 * 60_000;
const digestTimeoutMs = 30_000;
const outputBytesMax = 1024 ** 2;

export interface ImageCopier {
  /** Resolves with the digest of what was copied. References are without a transport. */
  copy(from: string, to: string, options: CopyOptions): Promise<string>;
}

export interface CopyOptions {
  /** Whether the source may be without TLS. */
  readonly insecure?: boolean | undefined;
  /** Credentials of other registries. */
  readonly auths?: RegistryEntries | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SkopeoOptions {
  /** For files that are there only while skopeo runs. */
  readonly workDir: string;
  /** Of Nagi's own registry. */
  readonly registry: { readonly address: string; readonly username: string; readonly password: string };
  /** Asked each time. */
  readonly env: () => Promise<Readonly<Record<string, string>>>;
}

export class Skopeo implements ImageCopier {
  readonly #options: SkopeoOptions;

  constructor(options: SkopeoOptions) {
    this.#options = options;
  }

  /** The digest of what a reference with a tag stands for, which is of all platforms where there are several. */
  async digest(reference: string, auths: RegistryEntries = {}): Promise<string> {
    const env = await this.#options.env();
    const authFile = await this.#writeAuth(auths);
    const tls = this.#isOwn(reference) ? ["--tls-verify=false"] : [];
    const argv = ["inspect", "--raw", `--authfile=${authFile}`, ...tls, `docker://${reference}`];
    const options = { env, timeout: digestTimeoutMs, maxBuffer: outputBytesMax, encoding: "buffer" } as const;
    try {
      const { stdout } = await run("skopeo", argv, options);
      return `sha256:${createHash("sha256").update(stdout).digest("hex")}`;
    } catch (error) {
      throw new Error(reasonOf(error), { cause: error });
    } finally {
      await rm(authFile, { force: true });
    }
  }

  #isOwn(reference: string): boolean {
    return reference.startsWith(`${this.#options.registry.address}/`);
  }

  /** In a file, since every user of the machine sees the arguments of a program. */
  async #writeAuth(others: RegistryEntries): Promise<string> {
    const { workDir, registry } = this.#options;
    await mkdir(workDir, { recursive: true, mode: 0o700 });
    const path = join(workDir, `${randomUUID()}.auth.json`);
    const auth = Buffer.from(`${registry.username}:${registry.password}`).toString("base64");
    const auths = { ...withAuth(others), [registry.address]: { auth } };
    await writeFile(path, JSON.stringify({ auths }), { mode: 0o600 });
    return path;
  }

  async copy(from: string, to: string, { insecure, auths = {}, signal }: CopyOptions): Promise<string> {
    const { workDir } = this.#options;
    const env = await this.#options.env();
    const authFile = await this.#writeAuth(auths);
    const digestFile = join(workDir, `${randomUUID()}.digest`);
    const isOwn = (reference: string): boolean => this.#isOwn(reference);
    const argv = [
      "copy",
      "--quiet",
      "--insecure-policy",
      `--authfile=${authFile}`,
      `--digestfile=${digestFile}`,
      "--dest-tls-verify=false",
      ...(insecure === true || isOwn(from) ? ["--src-tls-verify=false"] : []),
      ...(isOwn(from) ? ["--preserve-digests"] : []),
      `docker://${from}`,
      `docker://${to}`,
    ];
    try {
      await run("skopeo", argv, { env, signal, timeout: timeoutMs, maxBuffer: outputBytesMax });
      return (await readFile(digestFile, "utf8")).trim();
    } catch (error) {
      throw new Error(`cannot copy the image ${from}: ${reasonOf(error)}`, { cause: error });
    } finally {
      await Promise.all([rm(digestFile, { force: true }), rm(authFile, { force: true })]);
    }
  }
}

/** skopeo knows the one form only. */
function withAuth(entries: RegistryEntries): RegistryEntries {
  const known = Object.entries(entries).map(([registry, { auth, username, password }]) => {
    const made = Buffer.from(`${username ?? ""}:${password ?? ""}`).toString("base64");
    return [registry, { auth: auth ?? made }] as const;
  });
  return Object.fromEntries(known);
}

/** skopeo's own words, without the time and level that stand before them. */
function reasonOf(error: unknown): string {
  const { stderr, code } = error as { stderr?: string | Buffer; code?: unknown };
  if (code === "ENOENT") return "skopeo is not installed: apt-get install skopeo";
  const last =
    String(stderr ?? "")
      .trim()
      .split("\n")
      .at(-1) ?? "";
  const quoted = /msg="((?:[^"\\]|\\.)*)"/.exec(last)?.[1]?.replaceAll('\\"', '"');
  return quoted ?? (last === "" ? messageOf(error) : last);
}
