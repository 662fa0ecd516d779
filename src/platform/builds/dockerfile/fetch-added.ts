/** Fetches what the ADD lines of a Dockerfile take from addresses, into an image that the build copies it from (adr/0159). */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import { DockerfileProblem } from "../../../lib/dockerfile/instructions.ts";
import { messageOf } from "../../../lib/errors.ts";
import { download } from "../network/download.ts";
import type { Work } from "../work.ts";
import type { AddedFile } from "./add-lines.ts";

/** Of one file. */
const fileMaxBytes = 1024 ** 3;

export interface Added {
  readonly image: string;
  readonly dispose: () => Promise<void>;
}

interface Fetched extends AddedFile {
  readonly file: string;
  readonly modified: Date | undefined;
}

/** The image that an interrupted build may leave. */
export function imageOfAdded({ metadata }: Work["build"]): string {
  return `localhost/nagi-add:${metadata.uid ?? ""}`;
}

/** Undefined where nothing is to be fetched. Throws a DockerfileProblem for what cannot be had. */
export async function fetchAdded(work: Work, wanted: readonly AddedFile[]): Promise<Added | undefined> {
  if (wanted.length === 0) return undefined;
  const { engine } = work.options;
  const image = imageOfAdded(work.build);
  const directory = await mkdtemp(join(tmpdir(), "nagi-add-"));
  try {
    const fetched: Fetched[] = [];
    for (const [index, each] of wanted.entries())
      fetched.push(await fetchOne(work, each, join(directory, String(index))));
    const archive = pack();
    await Promise.all([engine.importImage(archive, image), writeAll(archive, fetched)]);
    return { image, dispose: () => engine.removeImage(image, { force: true }) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fetchOne({ options, log, signal }: Work, added: AddedFile, file: string): Promise<Fetched> {
  const { url, number, checksum } = added;
  const host = await options.host();
  log.line(`-----> Fetching ${url}`);
  const refuse = (why: string, cause?: unknown): never => {
    throw new DockerfileProblem(`line ${number}: ADD ${url} cannot be fetched: ${why}`, { cause });
  };
  const guard = await options.network?.guard(host);
  const asked = { host, guard, signal, maxBytes: fileMaxBytes, asItIs: true };
  const { modified } = await download(url, file, asked).catch((error: unknown) => {
    signal.throwIfAborted();
    return refuse(messageOf(error), error);
  });
  if (checksum !== undefined) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(file), hash);
    const found = `sha256:${hash.digest("hex")}`;
    if (found !== checksum) refuse(`its checksum is ${found}, and --checksum says ${checksum}`);
  }
  return { ...added, file, modified };
}

/** As engines have what they add: for its owner only, as old as the server says. */
async function writeAll(archive: Pack, files: readonly Fetched[]): Promise<void> {
  try {
    for (const { file, path, modified = new Date(0) } of files) {
      const { size } = await stat(file);
      const header = { name: path.slice(1), size, mode: 0o600, mtime: modified };
      await pipeline(createReadStream(file), archive.entry(header));
    }
    archive.finalize();
  } catch (error) {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}
