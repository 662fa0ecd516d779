/** An object as indented `Name: value` lines, in the order that a reader of `kubectl describe` knows. */

import type { KubeObject } from "../model/meta.ts";

const hiddenMetadata: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "labels",
  "annotations",
  "uid",
  "resourceVersion",
  "generation",
  "managedFields",
]);
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

export function describeText(object: KubeObject): string {
  const { name, namespace, labels, annotations } = object.metadata;
  const { apiVersion, kind, metadata, ...rest } = object;
  const { [lastApplied]: _hidden, ...shownAnnotations } = annotations ?? {};
  const more = Object.fromEntries(Object.entries(metadata).filter(([key]) => !hiddenMetadata.has(key)));
  const head: Record<string, unknown> = { name, ...(namespace === undefined ? {} : { namespace }) };
  const lines = [
    ...fields(head, 0),
    ...pairs("Labels", labels ?? {}),
    ...pairs("Annotations", shownAnnotations),
    ...fields({ apiVersion, kind, ...more }, 0),
    ...fields(kind === "Secret" ? masked(rest) : rest, 0),
  ];
  return lines.join("\n");
}

/** A secret's values as their sizes. */
function masked(rest: Record<string, unknown>): Record<string, unknown> {
  const data = Object.entries((rest["data"] ?? {}) as Record<string, string>);
  const sizes = data.map(([key, value]) => [key, `${Buffer.from(value, "base64").length} bytes`]);
  return { ...rest, data: Object.fromEntries(sizes) as unknown };
}

function pairs(title: string, values: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(values);
  if (entries.length === 0) return [line(title, "<none>", 0)];
  return entries.map(([key, value], index) =>
    line(index === 0 ? title : "", `${key}=${value}`, 0).replace(/^:/, " "),
  );
}

function fields(value: Readonly<Record<string, unknown>>, depth: number): string[] {
  return Object.entries(value).flatMap(([key, entry]) => field(title(key, depth), entry, depth));
}

function field(name: string, value: unknown, depth: number): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return listField(name, value, depth);
  if (typeof value !== "object") return [line(name, plain(value), depth)];
  const inner = fields(value as Record<string, unknown>, depth + 1);
  return inner.length === 0 ? [line(name, "<none>", depth)] : [`${"  ".repeat(depth)}${name}:`, ...inner];
}

function listField(name: string, values: readonly unknown[], depth: number): string[] {
  const scalars = values.every((value) => typeof value !== "object" || value === null);
  if (values.length === 0) return [line(name, "<none>", depth)];
  if (scalars) return [line(name, values.map(plain).join(", "), depth)];
  const items = values.flatMap((value) => {
    const [first = "", ...others] = fields(value as Record<string, unknown>, depth + 2);
    return [`${"  ".repeat(depth + 1)}- ${first.trimStart()}`, ...others];
  });
  return [`${"  ".repeat(depth)}${name}:`, ...items];
}

function line(name: string, value: string, depth: number): string {
  const lead = `${"  ".repeat(depth)}${name}:`;
  const shown = value.includes("\n") ? `\n${value.trimEnd()}` : value;
  return `${lead.padEnd(18)} ${shown}`;
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** `nodeName` as `Node Name`; keys of maps deeper down stay as they are. */
function title(key: string, depth: number): string {
  if (!/^[a-z][A-Za-z]*$/.test(key) || depth > 3) return key;
  const words = key.replaceAll(/([a-z])([A-Z])/g, "$1 $2");
  return `${words[0]?.toUpperCase() ?? ""}${words.slice(1)}`;
}
