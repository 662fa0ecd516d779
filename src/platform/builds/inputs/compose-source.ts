/**
 * The source of a build put together: what was pushed, fetched or sent, and over it the files that the build adds.
 * Streams: only what is added, which has limits of its own, is held in memory.
 */

import type { EventEmitter } from "node:events";
import { posix } from "node:path";
import type { Readable } from "node:stream";
import { extract, pack, type Pack } from "tar-stream";
import { writeEntry } from "../../../lib/tar-entry.ts";

export interface AddedFile {
  /** In the source. */
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

export type RenameEntry = (name: string) => string | undefined;
/** Gives the entries of a tar to `write`, under the names that `rename` says; those without one are left out. */
export type AddTar = (
  write: (tar: AsyncIterable<unknown>, rename: RenameEntry) => Promise<void>,
) => Promise<void>;

export interface Composition {
  readonly source?: Readable | undefined;
  /** They stand for files of the source with the same paths. */
  readonly files: readonly AddedFile[];
  readonly tars?: readonly AddTar[] | undefined;
}

/** The tar as a stream; an error of any part ends it with that error. */
export function composedSource({ source, files, tars = [] }: Composition): Readable {
  const out = pack();
  const replaced = new Set(files.map(({ path }) => path));
  const write = async (): Promise<void> => {
    if (source !== undefined)
      await copyTar(out, source, (name) => (replaced.has(plain(name)) ? undefined : name));
    for (const add of tars) await add((tar, rename) => copyTar(out, tar, rename));
    for (const { path, content, mode } of files) {
      await new Promise<void>((done, fail) => {
        const header = { name: path, mode, mtime: new Date(0), size: content.length };
        out.entry(header, content, (error) => (error ? fail(error) : done()));
      });
    }
    out.finalize();
  };
  void write().catch((error: unknown) => {
    out.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return out as unknown as Readable;
}

function plain(name: string): string {
  return posix
    .normalize(name)
    .replace(/^(\.?\/)+/, "")
    .replace(/\/$/, "");
}

/** The entries of a tar under new names; hard links follow. */
export async function copyTar(
  out: Pack,
  tar: AsyncIterable<unknown> & Partial<EventEmitter>,
  rename: RenameEntry,
): Promise<void> {
  const entries = extract();
  const feeding = feed(tar, entries as unknown as Sink);
  for await (const entry of entries) {
    const name = rename(entry.header.name);
    if (name === undefined || name === "") {
      entry.resume();
      continue;
    }
    const { type, linkname, mode, mtime, size } = entry.header;
    const target = type === "link" ? (rename(linkname ?? "") ?? linkname) : linkname;
    await writeEntry(out, { name, type, linkname: target, mode, mtime, size, uid: 0, gid: 0 }, entry);
  }
  await feeding;
}

interface Sink {
  write(chunk: unknown): boolean;
  end(): void;
  destroy(error: Error): void;
  once(name: string, listener: () => void): void;
}

async function feed(tar: AsyncIterable<unknown>, sink: Sink): Promise<void> {
  try {
    for await (const chunk of tar) {
      if (!sink.write(chunk)) await new Promise<void>((done) => sink.once("drain", done));
    }
    sink.end();
  } catch (error) {
    sink.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}
