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

export interface Manifest {
  readonly mediaType?: string | undefined;
  /** Blobs that the image consists of: its configuration and its layers. */
  readonly blobs: readonly { readonly digest: string; readonly sizeBytes: number }[];
  /** Of a list of images: the manifests that it names. */
  readonly manifests: readonly string[];
  readonly sizeBytes: number;
}

const segment = /^[a-z0-9][a-z0-9._-]*$/;
const tagName = /^[\w][\w.-]{0,127}$/;
const hex = /^[0-9a-f]{64}$/;
/** Larger ones are no manifests: Distribution's own limit. */
const manifestBytesMax = 4 * 1024 ** 2;

export class RegistryStorage {
  /** The `docker/registry/v2` below the storage's root. */
  readonly base: string;

  constructor(rootDir: string) {
    this.base = join(rootDir, "docker", "registry", "v2");
  }

  repositoryPath(repository: string, ...rest: string[]): string {
    return join(this.base, "repositories", repository, ...rest);
  }

  blobPath(digest: string): string {
    const name = hexOf(digest);
    return join(this.base, "blobs", "sha256", name.slice(0, 2), name);
  }

  /** `NAMESPACE/STREAM` of all repositories. */
  async repositories(): Promise<string[]> {
    const root = join(this.base, "repositories");
    const found: string[] = [];
    for (const namespace of await names(root, segment)) {
      for (const stream of await names(join(root, namespace), segment)) found.push(`${namespace}/${stream}`);
    }
    return found;
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

  /** Images of the repository, tagged or not. */
  images(repository: string): Promise<Linked[]> {
    return this.#links(this.repositoryPath(repository, "_manifests", "revisions", "sha256"));
  }

  /** Blobs that may be read through the repository. */
  layers(repository: string): Promise<Linked[]> {
    return this.#links(this.repositoryPath(repository, "_layers", "sha256"));
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

  /** Undefined when the blob is not there or is no manifest. */
  async manifest(digest: string): Promise<Manifest | undefined> {
    const file = join(this.blobPath(digest), "data");
    const size = (await stat(file).catch(ignoreMissing))?.size;
    if (size === undefined || size > manifestBytesMax) return undefined;
    const text = await readFile(file, "utf8").catch(ignoreMissing);
    return text === undefined ? undefined : parseManifest(text, size);
  }

  /** Digests of all blobs that are stored, with their sizes. */
  async blobs(): Promise<(Linked & { readonly sizeBytes: number })[]> {
    const root = join(this.base, "blobs", "sha256");
    const found: (Linked & { readonly sizeBytes: number })[] = [];
    for (const prefix of await names(root, /^[0-9a-f]{2}$/)) {
      for (const name of await names(join(root, prefix), hex)) {
        const info = await stat(join(root, prefix, name, "data")).catch(ignoreMissing);
        if (info !== undefined)
          found.push({ digest: `sha256:${name}`, atMs: info.mtimeMs, sizeBytes: info.size });
      }
    }
    return found;
  }

  async #links(dir: string): Promise<Linked[]> {
    const found: Linked[] = [];
    for (const name of await names(dir, hex)) {
      const link = await readLink(join(dir, name, "link"));
      if (link !== undefined) found.push(link);
    }
    return found;
  }
}

export function hexOf(digest: string): string {
  const name = digest.replace(/^sha256:/, "");
  if (!hex.test(name)) throw new Error(`cannot use the digest ${JSON.stringify(digest)}: it is no SHA-256`);
  return name;
}

async function names(dir: string, pattern: RegExp): Promise<string[]> {
  const entries = (await readdir(dir, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  return entries.filter((entry) => entry.isDirectory() && pattern.test(entry.name)).map(({ name }) => name);
}

async function readLink(file: string): Promise<Linked | undefined> {
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

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
  return undefined;
}

interface Descriptor {
  readonly digest?: unknown;
  readonly size?: unknown;
}

function parseManifest(text: string, sizeBytes: number): Manifest | undefined {
  let value: { mediaType?: unknown; config?: Descriptor; layers?: Descriptor[]; manifests?: Descriptor[] };
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined;
  }
  const blobs = [value.config, ...(value.layers ?? [])].flatMap((each) =>
    typeof each?.digest === "string" ? [{ digest: each.digest, sizeBytes: Number(each.size ?? 0) }] : [],
  );
  const manifests = (value.manifests ?? []).flatMap(({ digest }) =>
    typeof digest === "string" ? [digest] : [],
  );
  return {
    mediaType: typeof value.mediaType === "string" ? value.mediaType : undefined,
    blobs,
    manifests,
    sizeBytes,
  };
}
