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
    if (header.type === "directory") await this.#directory(path);
    else {
      await this.#clear(path);
      await this.#leaf(path, header, content);
    }
    // It is the same file as the one it is linked to, which has its owner already.
    if (header.type === "link") return;
    await lchown(path, ...ownerOf(header));
    if (header.type !== "symlink") await chmod(path, header.mode ?? 0o600);
    const time = timeOf(header);
    if (header.type === "directory") this.#directoryTimes.set(path, time);
    else await lutimes(path, time, time);
  }

  /** What is not below a directory that was made here is not there: at most a link leads to its like elsewhere. */
  async remove(name: string): Promise<void> {
    const path = this.#pathOf(name);
    if (!this.#made.has(dirname(path))) return;
    await rm(path, { recursive: true, force: true });
    this.#forget(path);
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

  async #directory(path: string): Promise<void> {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() !== true) {
      await this.#clear(path);
      await mkdir(path, { mode: 0o700 });
    }
    this.#made.add(path);
  }

  async #leaf(path: string, header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    if (header.type === "file") {
      const file = createWriteStream(path, { mode: 0o600, flags: "wx", flush: true });
      await pipeline(Readable.from(content), file);
    } else if (header.type === "symlink") await symlink(header.linkname ?? "", path);
    else if (header.type === "link") await link(await this.#linked(header), path);
    else throw new BackupError(`the backup has ${header.name}, which is a ${header.type}`);
  }

  /** A file that is there already, and not through a link. */
  async #linked({ name, linkname }: Header): Promise<string> {
    const target = this.#pathOf(linkname ?? "");
    if (this.#made.has(dirname(target)) && (await lstat(target)).isFile()) return target;
    throw new BackupError(`the backup has ${name}, which is linked to ${linkname}: that is no file of it`);
  }

  /** Makes the path free and its directory there. */
  async #clear(path: string): Promise<void> {
    await this.#parent(dirname(path));
    await rm(path, { recursive: true, force: true });
    this.#forget(path);
  }

  #forget(path: string): void {
    if (!this.#made.has(path)) return;
    for (const each of this.#made)
      if (each === path || each.startsWith(`${path}/`)) {
        this.#made.delete(each);
        this.#directoryTimes.delete(each);
      }
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

/** Numbers that were too large for the entry itself are beside it. */
function besideOf({ pax }: Header): Readonly<Record<string, string>> {
  return (pax ?? {}) as Readonly<Record<string, string>>;
}

function ownerOf(header: Header): [uid: number, gid: number] {
  const beside = besideOf(header);
  return [Number(beside["uid"] ?? header.uid ?? 0), Number(beside["gid"] ?? header.gid ?? 0)];
}

function timeOf(header: Header): Date {
  const seconds = besideOf(header)["mtime"];
  return seconds === undefined ? (header.mtime ?? new Date(0)) : new Date(Number(seconds) * 1000);
}
