/**
 * The tar that goes to the engine: the sources under the names that the Containerfile uses, the Containerfile
 * itself, and the secrets of the steps. Streams: nothing of the sources is held in memory.
 */

import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { extract, pack, type Extract, type Header, type Pack } from "tar-stream";
import { contextFolders } from "./containerfile.ts";
import type { BuildPlan, ContextFolder } from "./plan.ts";
import { pathWithin } from "./source-tree.ts";
import { writeEntry, type NewHeader } from "../../lib/tar-entry.ts";

export interface ContextOptions {
  readonly source: Readable;
  readonly contextDir: string;
  readonly plan: BuildPlan;
  /** Text of the Containerfile; absent: the source has its own. */
  readonly containerfile?: string | undefined;
  /** Text of secrets by id. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Where the context holds a secret until the engine takes it out, which is before the first step. */
export function secretPath(id: string): string {
  return `.nagi-secret-${id}`;
}

/** Path of the generated Containerfile, above the folders that the sources go to. */
export const containerfilePath = "Containerfile";

/** The context as a stream. An error of the source ends it with that error. */
export function buildContext(options: ContextOptions): AsyncIterable<Uint8Array> & { destroy(): void } {
  const context = pack();
  void writeContext(context, options).catch((error: unknown) => {
    context.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return context as unknown as AsyncIterable<Uint8Array> & { destroy(): void };
}

async function writeContext(context: Pack, options: ContextOptions): Promise<void> {
  for (const [id, text] of Object.entries(options.secrets)) {
    await writeText(context, { name: secretPath(id), mode: 0o600 }, text);
  }
  for (const [name, text] of Object.entries(options.plan.files ?? {}))
    await writeText(context, { name, mode: 0o755 }, text);
  await copySource(context, options);
  for (const folder of options.plan.folders ?? []) await copyFolder(context, folder);
  // Last, so that nothing of the source takes its place, by whatever path or link.
  if (options.containerfile !== undefined) {
    const name = options.plan.dockerfilePath ?? containerfilePath;
    await writeText(context, { name }, options.containerfile);
  }
  context.finalize();
}

async function copyFolder(context: Pack, { name, file, root }: ContextFolder): Promise<void> {
  for await (const entry of entriesOf(createReadStream(file))) {
    const path = pathWithin(entry.header.name, root);
    if (path === undefined) entry.resume();
    else {
      const header = { ...kept(entry.header), size: entry.header.size, name: `${name}/${path}` };
      const target = pathWithin(entry.header.linkname ?? "", root);
      const linked = entry.header.type === "link" && target !== undefined;
      await writeEntry(context, linked ? { ...header, linkname: `${name}/${target}` } : header, entry);
    }
  }
}

function entriesOf(tar: Readable): Extract {
  const entries = extract();
  tar.on("error", (error) => entries.destroy(error));
  tar.pipe(entries);
  return entries;
}

async function copySource(context: Pack, options: ContextOptions): Promise<void> {
  const entries = entriesOf(options.source);
  const manifests = new Set(options.plan.manifests);
  for await (const entry of entries) {
    const path = pathWithin(entry.header.name, options.contextDir);
    const name = path === undefined ? undefined : contextName(path, options);
    if (path === undefined || name === undefined) {
      entry.resume();
      continue;
    }
    if (manifests.has(path)) {
      const content = await readAll(entry);
      await writeText(
        context,
        { ...kept(entry.header), name: `${contextFolders.manifests}/${path}` },
        content,
      );
      await writeText(context, { ...kept(entry.header), name }, content);
      continue;
    }
    await writeEntry(context, { ...entryHeader(entry.header, options), name }, entry);
  }
}

/** Undefined for what the build makes itself or must not see. */
function contextName(path: string, options: ContextOptions): string | undefined {
  if (path === ".git" || path.startsWith(".git/")) return undefined;
  const { dockerfilePath, leftOut = [] } = options.plan;
  if (dockerfilePath !== undefined) {
    const replaced = options.containerfile !== undefined && path === dockerfilePath;
    return replaced || path.startsWith(".nagi-secret-") ? undefined : path;
  }
  if (options.plan.isIgnored?.(path) === true) return undefined;
  if (leftOut.some((directory) => path === directory || path.startsWith(`${directory}/`))) return undefined;
  return `${contextFolders.sources}/${path}`;
}

/** Who owns the files on the pusher's machine means nothing here, and would change the layers. */
function kept({ name, mode, mtime, type, linkname }: Header): NewHeader {
  return { name, mode, mtime, type, linkname, uid: 0, gid: 0 };
}

/** A hard link names another entry of the tar, which has moved with its folder. */
function entryHeader(header: Header, options: ContextOptions): NewHeader {
  if (header.type !== "link") return { ...kept(header), size: header.size };
  const target = pathWithin(header.linkname, options.contextDir) ?? header.linkname;
  return { ...kept(header), linkname: contextName(target, options) ?? target };
}

function writeText(context: Pack, header: NewHeader, content: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const filled = { ...header, mode: header.mode ?? 0o644, mtime: header.mtime ?? new Date(0) };
    context.entry(filled, content, (error) => (error ? reject(error) : resolve()));
  });
}

async function readAll(content: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
