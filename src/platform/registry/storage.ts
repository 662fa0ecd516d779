/**
 * The registry's files: which repositories, tags and images there are. Distribution reads them anew for every
 * request, so that what is changed here holds at once.
 *
 * What must stay true: a file is replaced or moved as a whole, never written in place; names that do not look like
 * names of the registry's own making are never touched.
 */

import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface Linked {
  readonly digest: string;
  /** When the link was written, by the file system's clock. */
  readonly atMs: number;
}

const tagName = /^[\w][\w.-]{0,127}$/;
export const hex = /^[0-9a-f]{64}$/;
export class RegistryStorage {
  /** The `docker/registry/v2` below the storage's root. */
  readonly base: string;

  constructor(rootDir: string) {
    this.base = join(rootDir, "docker", "registry", "v2");
  }

  repositoryPath(repository: string, ...rest: string[]): string {
    return join(this.base, "repositories", repository, ...rest);
  }

  async tags(repository: string): Promise<ReadonlyMap<string, Linked>> {
    const dir = this.repositoryPath(repository, "_manifests", "tags");
    const found = new Map<string, Linked>();
    for (const tag of await names(dir, tagName)) {
      const link = await readLink(join(dir, tag, "current", "link"));
      if (link !== undefined) found.set(tag, link);
    }
    return found;
  }

  async removeImage(repository: string, digest: string): Promise<void> {
    const dir = this.repositoryPath(repository, "_manifests", "revisions", "sha256", hexOf(digest));
    await rm(dir, { recursive: true, force: true });
  }

  async hasImage(repository: string, digest: string): Promise<boolean> {
    const path = this.repositoryPath(repository, "_manifests", "revisions", "sha256", hexOf(digest), "link");
    return (await readLink(path)) !== undefined;
  }

  /** Points a tag at an image that the repository has, as if it had been done at that time. */
  async setTag(repository: string, tag: string, { digest, atMs }: Linked): Promise<void> {
    if (!tagName.test(tag)) throw new Error(`cannot set the tag ${JSON.stringify(tag)}: it is no tag`);
    const dir = this.repositoryPath(repository, "_manifests", "tags", tag);
    await replaceFile(join(dir, "index", "sha256", hexOf(digest), "link"), digest, atMs);
    await replaceFile(join(dir, "current", "link"), digest, atMs);
  }

  /** Removes a tag; the image stays. */
  async removeTag(repository: string, tag: string): Promise<void> {
    if (!tagName.test(tag)) return;
    await rm(this.repositoryPath(repository, "_manifests", "tags", tag), { recursive: true, force: true });
  }
}

export function hexOf(digest: string): string {
  const name = digest.replace(/^sha256:/, "");
  if (!hex.test(name)) throw new Error(`cannot use the digest ${JSON.stringify(digest)}: it is no SHA-256`);
  return name;
}

export async function names(dir: string, pattern: RegExp): Promise<string[]> {
  const entries = (await readdir(dir, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  return entries.filter((entry) => entry.isDirectory() && pattern.test(entry.name)).map(({ name }) => name);
}

export async function readLink(file: string): Promise<Linked | undefined> {
  const [text, info] = [
    await readFile(file, "utf8").catch(ignoreMissing),
    await stat(file).catch(ignoreMissing),
  ];
  const digest = text?.trim() ?? "";
  if (info === undefined || !/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  return { digest, atMs: info.mtimeMs };
}

async function replaceFile(file: string, text: string, atMs: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${randomUUID()}`;
  await writeFile(fresh, text, { mode: 0o600 });
  await utimes(fresh, atMs / 1000, atMs / 1000);
  await rename(fresh, file);
}

export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
  return undefined;
}
