/**
 * A zip that was sent, as a plain tar (adr/0158).
 *
 * What must stay true: no name leads out of the source; what is read of a file is what its entry says, so that a zip that
 * lies about sizes ends instead of growing. How much all of it may be is for the reader of the tar.
 */

import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import { openPromise, type Entry, type ZipFile } from "yauzl";
import { messageOf } from "./errors.ts";
import { UploadProblem } from "./upload-problem.ts";

const zipLimits = { entries: 200_000, linkBytes: 4096 } as const;

/** Of the high half of the attributes, where the zip was made on a Unix. */
const madeOnUnix = 3;
const typeBits = 0o170000;
const linkType = 0o120000;

/** `content` is read to its end; `use` is given the tar and must read it to its end. Throws an UploadProblem. */
export async function withZipTar<T>(content: Readable, use: (tar: Readable) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "nagi-zip-"));
  try {
    // The list of what a zip holds is at its end.
    const file = join(directory, "content.zip");
    await pipeline(content, createWriteStream(file, { mode: 0o600 }));
    const zip = await openPromise(file, { lazyEntries: true, autoClose: false }).catch(unreadable);
    const archive = pack();
    const writing = writeEntries(zip, archive).then(
      () => undefined,
      (error: unknown) => {
        archive.destroy(error instanceof Error ? error : new Error(String(error)));
        return error;
      },
    );
    try {
      const result = await use(archive as unknown as Readable);
      const problem = await writing;
      if (problem !== undefined) throw problem;
      return result;
    } finally {
      archive.destroy();
      await writing;
      zip.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function unreadable(error: unknown): never {
  throw new UploadProblem(`the zip cannot be read: ${messageOf(error)}`, { cause: error });
}

async function writeEntries(zip: ZipFile, archive: Pack): Promise<void> {
  if (zip.entryCount > zipLimits.entries)
    throw new UploadProblem(`the zip has ${zip.entryCount} entries: at most ${zipLimits.entries} are taken`);
  const entries = zip.eachEntry();
  let files = 0;
  for (;;) {
    const next = await entries.next().catch(unreadable);
    if (next.done === true) break;
    if (archive.destroyed) return;
    await writeEntry(zip, next.value, archive);
    files += next.value.fileName.endsWith("/") ? 0 : 1;
  }
  if (files === 0) throw new UploadProblem("the zip holds no files");
  archive.finalize();
}

async function writeEntry(zip: ZipFile, entry: Entry, archive: Pack): Promise<void> {
  const name = entry.fileName;
  const mtime = entry.getLastModDate({ timezone: "UTC" });
  const attributes = entry.versionMadeBy >>> 8 === madeOnUnix ? entry.externalFileAttributes >>> 16 : 0;
  if (name.endsWith("/")) {
    archive.entry({ name, type: "directory", mode: 0o755, mtime });
    return;
  }
  if (entry.isEncrypted()) throw new UploadProblem(`${name} is encrypted: send a zip that needs no password`);
  if (!entry.canDecodeFileData())
    throw new UploadProblem(
      `${name} is compressed by method ${entry.compressionMethod}: only deflate, which zip uses by itself, can be read`,
    );
  const isLink = (attributes & typeBits) === linkType;
  if (isLink && entry.uncompressedSize > zipLimits.linkBytes)
    throw new UploadProblem(`${name} is a link of more than ${zipLimits.linkBytes} bytes`);
  const data = await zip.openReadStreamPromise(entry).catch(unreadable);
  if (isLink) {
    const linkname = (await buffer(data).catch(unreadable)).toString();
    archive.entry({ name, type: "symlink", linkname, mtime });
    return;
  }
  const mode = (attributes & 0o777) === 0 ? 0o644 : attributes & 0o777;
  const sink = archive.entry({ name, size: entry.uncompressedSize, mode, mtime });
  await pipeline(readingOf(data), sink);
}

/** With the problems of the zip in words, and those of who takes it as they are. */
async function* readingOf(data: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of data) yield chunk as Buffer;
  } catch (error) {
    unreadable(error);
  }
}
