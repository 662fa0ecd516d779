/** Copies directories into an archive, and what changed in them since: files, links and folders with their owners. */

import type { BigIntStats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { ArchiveWriter } from "./archive-writer.ts";

/** A file that is cut while it is read is read again this often. */
const attemptsMax = 3;

/** Of every path below a root: what it was when it was copied. */
export type Stamps = Map<string, string>;

export interface Tree {
  /** Directory on disk. */
  readonly root: string;
  /** Where it goes in the archive. */
  readonly path: string;
  /** Whether to leave out what has this path below the root, and all below it. */
  readonly leaveOut?: ((path: string) => boolean) | undefined;
  /** Names that come last in their directory. */
  readonly last?: ReadonlySet<string> | undefined;
}

/** Writes what differs from `before` (all, without it) and returns what was there. */
export async function copyTree(
  writer: ArchiveWriter,
  tree: Tree,
  before: Stamps = new Map<string, string>(),
): Promise<Stamps> {
  const copy = new TreeCopy(writer, tree, before);
  await copy.directory("");
  for (const path of before.keys()) if (!copy.stamps.has(path)) writer.remove(`${tree.path}/${path}`);
  return copy.stamps;
}

class TreeCopy {
  readonly stamps: Stamps = new Map();
  /** First path of files that have several. */
  readonly #linked = new Map<string, string>();
  readonly #writer: ArchiveWriter;
  readonly #tree: Tree;
  readonly #before: Stamps;

  constructor(writer: ArchiveWriter, tree: Tree, before: Stamps) {
    this.#writer = writer;
    this.#tree = tree;
    this.#before = before;
  }

  async directory(path: string): Promise<void> {
    const names = await ignoreMissing(readdir(join(this.#tree.root, path), { encoding: "buffer" }));
    for (const name of this.#ordered(names ?? [], path)) {
      const below = path === "" ? name : `${path}/${name}`;
      if (this.#tree.leaveOut?.(below) === true) continue;
      // Gone meanwhile: then it is not part of the backup.
      await ignoreMissing(this.#one(below));
    }
  }

  #ordered(names: readonly Buffer[], path: string): string[] {
    const texts: string[] = [];
    for (const name of names) {
      const text = textOf(name);
      if (text !== undefined) texts.push(text);
      else {
        const target = join(this.#tree.path, path, name.toString());
        this.#writer.skipped.push(`${target}: its name is not UTF-8`);
      }
    }
    const isLast = (name: string): number => (this.#tree.last?.has(name) === true ? 1 : 0);
    return texts.toSorted((a, b) => isLast(a) - isLast(b) || (a < b ? -1 : 1));
  }

  async #one(path: string): Promise<void> {
    const info = await lstat(join(this.#tree.root, path), { bigint: true });
    const stamp = stampOf(info);
    const isChanged = this.#before.get(path) !== stamp;
    if (isChanged) await this.#write(path, info);
    this.stamps.set(path, stamp);
    if (info.isDirectory()) await this.directory(path);
  }

  async #write(path: string, info: BigIntStats): Promise<void> {
    const [source, target] = [join(this.#tree.root, path), `${this.#tree.path}/${path}`];
    const { mode, uid, gid, mtime } = info;
    const meta = { mode: Number(mode), uid: Number(uid), gid: Number(gid), mtime };
    if (info.isFile()) await this.#file(path, info);
    else if (info.isDirectory()) await this.#writer.entry(target, { ...meta, type: "directory" });
    else if (info.isSymbolicLink()) {
      const linkname = textOf(await readlink(source, { encoding: "buffer" }));
      if (linkname === undefined) this.#writer.skipped.push(`${target}: what it leads to is not UTF-8`);
      else await this.#writer.entry(target, { ...meta, type: "symlink", linkname });
    } else if (!info.isSocket())
      this.#writer.skipped.push(`${target}: it is neither file, directory nor link`);
  }

  async #file(path: string, { nlink, ino, dev }: BigIntStats): Promise<void> {
    const target = `${this.#tree.path}/${path}`;
    const source = join(this.#tree.root, path);
    const identity = `${dev}:${ino}`;
    const first = this.#linked.get(identity);
    if (nlink > 1n && first !== undefined) {
      const meta = { mode: 0o600, uid: 0, gid: 0, mtime: new Date(0) };
      await this.#writer.entry(target, { ...meta, type: "link", linkname: first });
      return;
    }
    for (let attempt = 1; !(await this.#writer.file(target, source)); attempt++)
      if (attempt === attemptsMax) throw new Error(`cannot read ${source}: it is cut again and again`);
    if (nlink > 1n) this.#linked.set(identity, target);
  }
}

function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

/** A write changes the times, whoever makes it and however. A directory is its owner and rights. */
function stampOf(info: BigIntStats): string {
  const { ino, mode, uid, gid, size, mtimeNs, ctimeNs } = info;
  const parts = info.isDirectory() ? [mode, uid, gid] : [ino, mode, uid, gid, size, mtimeNs, ctimeNs];
  return parts.join(" ");
}

async function ignoreMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
