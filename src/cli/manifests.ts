/** Objects from files, standard input or addresses of nothing else: YAML with several documents, JSON, lists. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import { messageOf } from "../lib/errors.ts";
import type { KubeObject } from "../model/meta.ts";
import { UsageError, type CommandContext, type Option } from "./command.ts";

export const fileOption: Option = {
  name: "filename",
  short: "f",
  type: "string",
  value: "FILE",
  multiple: true,
  description: "Manifest: a file, a directory of them, or - for standard input. May be given several times.",
};

export function outputOption(choices: readonly string[]): Option {
  return {
    name: "output",
    short: "o",
    type: "string",
    value: "FORMAT",
    choices,
    description: "Output format.",
  };
}

const manifestEndings: ReadonlySet<string> = new Set([".yaml", ".yml", ".json"]);
const manifestBytesMax = 16 * 1024 ** 2;

export async function manifestsOf(context: CommandContext): Promise<KubeObject[]> {
  const objects: KubeObject[] = [];
  for (const name of context.texts("filename"))
    for (const { source, text } of await read(context, name)) objects.push(...parse(source, text));
  const namespace = await context.namespace();
  if (objects.length === 0) throw new UsageError(`no objects in ${context.texts("filename").join(", ")}`);
  return objects.map((object) => inNamespace(object, context.text("namespace"), namespace));
}

function inNamespace(object: KubeObject, asked: string | undefined, fallback: string): KubeObject {
  const own = object.metadata.namespace;
  if (asked !== undefined && own !== undefined && own !== asked)
    throw new UsageError(
      `the namespace from the provided object "${own}" does not match the namespace "${asked}". You must pass '--namespace=${own}' to perform this operation.`,
    );
  return { ...object, metadata: { ...object.metadata, namespace: own ?? fallback } };
}

async function read(context: CommandContext, name: string) {
  if (name === "-") return [{ source: "standard input", text: await context.terminal.readInput() }];
  const path = resolve(context.host.cwd, name);
  try {
    const { isDirectory, size } = describeFile(path);
    if (size > manifestBytesMax) throw new UsageError(`${name} is larger than ${manifestBytesMax} bytes`);
    const files = isDirectory
      ? readdirSync(path)
          .filter((file) => manifestEndings.has(extname(file)))
          .toSorted()
          .map((file) => join(path, file))
      : [path];
    return files.map((file) => ({ source: file, text: readFileSync(file, "utf8") }));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${name}: ${unreadableText(error)}`);
  }
}

const systemErrors: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "you may not read it",
  ENOTDIR: "a part of its path is not a directory",
};

function unreadableText(error: unknown): string {
  return systemErrors[(error as NodeJS.ErrnoException).code ?? ""] ?? messageOf(error);
}

function describeFile(path: string): { readonly isDirectory: boolean; readonly size: number } {
  const stats = statSync(path);
  return { isDirectory: stats.isDirectory(), size: stats.isDirectory() ? 0 : stats.size };
}

function parse(source: string, text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw new UsageError(`cannot read ${source}: ${problemText(problem.message)}`);
    const value: unknown = document.toJS();
    return value === null ? [] : objectsOf(source, value);
  });
}

/** The parser draws the place below what it says; the first line names it already. */
export function problemText(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/:$/, "");
}

function objectsOf(source: string, value: unknown): KubeObject[] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UsageError(
      `${source} holds no object: a manifest is a mapping with apiVersion, kind and metadata`,
    );
  const { apiVersion, kind, items, metadata } = value as Record<string, unknown>;
  for (const [field, given] of Object.entries({ apiVersion, kind }))
    if (typeof given !== "string" || given === "")
      throw new UsageError(`error validating ${source}: ${field} not set`);
  if (kind === "List" && Array.isArray(items))
    return items.flatMap((item: unknown) => objectsOf(source, item));
  return [{ ...(value as KubeObject), metadata: metadata ?? {} }];
}
