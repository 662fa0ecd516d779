/** What a backup says of itself: first where it comes from, last what it must hold. */

import type { PlatformConfig } from "../config.ts";

export const formatVersion = 1;
/** The first entry of the archive. */
export const originEntry = "nagi-backup.json";
/** The last one: an archive without it is cut off. */
export const manifestEntry = "manifest.json";
/** Folders of the archive. */
export const dataFolder = "data";
export const reposFolder = "repositories";
export const volumesFolder = "data/volumes";
export const storeEntry = "data/store/nagi.db";

export interface Origin {
  readonly format: number;
  /** Of Nagi. */
  readonly version: string;
  /** ISO time. */
  readonly createdAt: string;
  readonly host: string;
  /** Where its data lay. */
  readonly dataDir: string;
  readonly settings: Pick<
    PlatformConfig,
    "httpPort" | "httpsPort" | "apiPort" | "registryPort" | "sshPort" | "nodes" | "domain"
  > & {
    /** Absent in backups of versions that had none. */
    readonly tcpPorts?: string | undefined;
  };
}

export interface FileSum {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface Manifest {
  /** Of every file, as its last entry in the archive has it. */
  readonly files: Readonly<Record<string, FileSum>>;
  /** Paths that went away while they were copied: what is there of them does not count. */
  readonly removed: readonly string[];
  /** Paths that cannot be kept, with the reason. */
  readonly skipped: readonly string[];
  /** Volumes whose pods could not be held still: copied while they were written. */
  readonly unfrozen: readonly string[];
}

/** Bytes of the manifest that are read: about a million files. */
export const manifestMaxBytes = 512 * 1024 ** 2;

export type Compression = "zstd" | "gzip" | "none";

const endings: readonly (readonly [string, Compression])[] = [
  [".tar.zst", "zstd"],
  [".tzst", "zstd"],
  [".tar.gz", "gzip"],
  [".tgz", "gzip"],
  [".tar", "none"],
];
export const endingsText = endings.map(([ending]) => ending).join(", ");

/** By the ending of the file's name; undefined when it has none of these. */
export function compressionOf(file: string): Compression | undefined {
  return endings.find(([ending]) => file.endsWith(ending))?.[1];
}

/** By the first bytes, whatever the file is called. */
export function compressionOfBytes(start: Uint8Array): Compression {
  const hex = Buffer.from(start.subarray(0, 4)).toString("hex");
  if (hex === "28b52ffd") return "zstd";
  return hex.startsWith("1f8b") ? "gzip" : "none";
}
