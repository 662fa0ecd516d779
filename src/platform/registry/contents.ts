/** What the registry holds, read from its files: repositories, tags, images and what they consist of. */

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { RegistryContents, StoredImage, StoredRepository } from "../../lib/registry-contents.ts";
import { hex, hexOf, ignoreMissing, names, readLink, type RegistryStorage } from "./storage.ts";

const pathPart = /^[a-z0-9][a-z0-9._-]*$/;
/** Manifests are small; what is longer is none. */
const manifestBytesMax = 4 * 1024 ** 2;

export async function readContents(storage: RegistryStorage): Promise<RegistryContents> {
  const blobs = await readBlobs(storage);
  const repositories: StoredRepository[] = [];
  for (const name of await repositoryNames(storage)) {
    const tags = [...(await storage.tags(name))].map(([tag, link]) => ({ tag, ...link }));
    const images: StoredImage[] = [];
    for (const { digest, atMs } of await revisions(storage, name))
      images.push({ digest, atMs, ...(await partsOf(storage, digest, blobs)) });
    repositories.push({ name, tags, images });
  }
  return { repositories, blobs };
}

/** `NAMESPACE/STREAM` of all that have manifests. */
export async function repositoryNames(storage: RegistryStorage): Promise<readonly string[]> {
  const root = join(storage.base, "repositories");
  const found: string[] = [];
  for (const namespace of await names(root, pathPart))
    for (const stream of await names(join(root, namespace), pathPart)) found.push(`${namespace}/${stream}`);
  return found.toSorted();
}

async function revisions(storage: RegistryStorage, repository: string) {
  const dir = storage.repositoryPath(repository, "_manifests", "revisions", "sha256");
  const links = (await names(dir, hex)).map((name) => readLink(join(dir, name, "link")));
  return (await Promise.all(links)).filter((link) => link !== undefined);
}

async function readBlobs({ base }: RegistryStorage): Promise<Map<string, number>> {
  const root = join(base, "blobs", "sha256");
  const found = new Map<string, number>();
  for (const prefix of await names(root, /^[0-9a-f]{2}$/))
    for (const name of await names(join(root, prefix), hex)) {
      const info = await stat(join(root, prefix, name, "data")).catch(ignoreMissing);
      if (info !== undefined) found.set(`sha256:${name}`, info.size);
    }
  return found;
}

interface Manifest {
  readonly config?: { readonly digest?: string };
  readonly layers?: readonly { readonly digest?: string }[];
  readonly manifests?: readonly { readonly digest?: string }[];
}

/** A manifest that is damaged has no parts that are known; it is an image all the same. */
async function partsOf(
  storage: RegistryStorage,
  digest: string,
  blobs: ReadonlyMap<string, number>,
): Promise<Pick<StoredImage, "children" | "blobs">> {
  const manifest = await readManifest(storage, digest, blobs);
  const digests = [digest, manifest.config?.digest, ...(manifest.layers ?? []).map((layer) => layer.digest)];
  const known = digests.filter((each) => each !== undefined);
  return {
    children: (manifest.manifests ?? []).flatMap((child) => child.digest ?? []),
    blobs: known.map((each) => ({ digest: each, bytes: blobs.get(each) ?? 0 })),
  };
}

async function readManifest(
  { base }: RegistryStorage,
  digest: string,
  blobs: ReadonlyMap<string, number>,
): Promise<Manifest> {
  if ((blobs.get(digest) ?? Infinity) > manifestBytesMax) return {};
  const name = hexOf(digest);
  const text = await readFile(join(base, "blobs", "sha256", name.slice(0, 2), name, "data"), "utf8");
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    // What it consists of cannot be said: the registry's own sweep decides by what it can read.
    return {};
  }
}

/** Layers that were pushed since then, whether or not an image has come that has them. */
export async function freshLayers(storage: RegistryStorage, sinceMs: number): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const repository of await repositoryNames(storage)) {
    const dir = storage.repositoryPath(repository, "_layers", "sha256");
    const entries = (await readdir(dir).catch(ignoreMissing)) ?? [];
    for (const name of entries.filter((each) => hex.test(each))) {
      const link = await readLink(join(dir, name, "link"));
      if (link !== undefined && link.atMs > sinceMs) found.add(link.digest);
    }
  }
  return found;
}
