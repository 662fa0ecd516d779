/** What a registry holds: repositories, tags, images and what they consist of. */

export interface StoredBlob {
  readonly digest: string;
  readonly bytes: number;
}

/** A manifest of a repository. */
export interface StoredImage {
  readonly digest: string;
  /** When it was pushed there. */
  readonly atMs: number;
  /** Of an image for several architectures: the manifests that it lists. */
  readonly children: readonly string[];
  /** The manifest itself, its configuration and layers. */
  readonly blobs: readonly StoredBlob[];
}

export interface StoredRepository {
  /** `NAMESPACE/STREAM`. */
  readonly name: string;
  readonly tags: readonly { readonly tag: string; readonly digest: string; readonly atMs: number }[];
  readonly images: readonly StoredImage[];
}

export interface RegistryContents {
  readonly repositories: readonly StoredRepository[];
  /** What is on disk, by digest, in bytes. */
  readonly blobs: ReadonlyMap<string, number>;
}
