/** Writes the entries of an archive below a directory that must be empty, with their owners; outside of it nothing. */

import { createWriteStream } from "node:fs";
import { chmod, lchown, link, lstat, lutimes, mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Header } from "tar-stream";
import { BackupError } from "./archive-reader.ts";

export class Extraction {
  readonly #root: string;
  /** Directories that were made here: no link can lead out of them. */
  readonly #made = new Set<string>();
  /** Times of directories change with what is put into them, so they come last. */
  readonly #directoryTimes = new Map<string, Date>();

  constructor(root: string) {
    this.#root = root;
    this.#made.add(root);
  }

  async take(header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#pathOf(header.name);
    if (header.type === "directory") await this.#directory(path, header);
    else {
      await this.#clear(path);
      await this.#leaf(path, header, content);
    }
    await lchown(path, header.uid ?? 0, header.gid ?? 0);
    if (header.type === "symlink") return;
    if (header.type !== "link") await chmod(path, header.mode ?? 0o600);
  }

  async remove(name: string): Promise<void> {
    const path = this.#pathOf(name);
    await rm(path, { recursive: true, force: true });
    this.#directoryTimes.delete(path);
  }

  async finish(): Promise<void> {
    for (const [path, time] of this.#directoryTimes) await lutimes(path, time, time);
  }

  #pathOf(name: string): string {
    const parts = name.replace(/\/$/, "").split("/");
    if (parts.some((part) => part === "" || part === "." || part === "..") || name.includes("\0"))
      throw new BackupError(`the backup has an entry ${JSON.stringify(name)}, which leads out of it`);
    return join(this.#root, ...parts);
  }

  async #directory(path: string, header: Header): Promise<void> {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() !== true) {
      await this.#clear(path);
      await mkdir(path, { mode: 0o700 });
    }
    this.#made.add(path);
    if (header.mtime !== undefined) this.#directoryTimes.set(path, header.mtime);
  }

  async #leaf(path: string, header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    if (header.type === "file") {
      const file = createWriteStream(path, { mode: 0o600, flags: "wx", flush: true });
      await pipeline(Readable.from(content), file);
      if (header.mtime !== undefined) await lutimes(path, header.mtime, header.mtime);
    } else if (header.type === "symlink") await symlink(header.linkname ?? "", path);
    else if (header.type === "link") await link(this.#pathOf(header.linkname ?? ""), path);
    else throw new BackupError(`the backup has ${header.name}, which is a ${header.type}`);
  }

  /** Makes the path free and its directory there. */
  async #clear(path: string): Promise<void> {
    await this.#parent(dirname(path));
    await rm(path, { recursive: true, force: true });
    this.#made.delete(path);
    this.#directoryTimes.delete(path);
  }

  async #parent(path: string): Promise<void> {
    if (this.#made.has(path)) return;
    await this.#parent(dirname(path));
    const found = await lstat(path).catch(() => undefined);
    if (found !== undefined && !found.isDirectory())
      throw new BackupError(`the backup has entries below ${path}, which is no directory`);
    if (found === undefined) await mkdir(path, { mode: 0o700 });
    this.#made.add(path);
  }
}
