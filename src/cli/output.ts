/** Objects as a user asked for them: table, wide table, YAML, JSON or names. */

import { stringify } from "yaml";
import type { Kind } from "../model/kind.ts";
import type { KubeObject, ObjectList } from "../model/meta.ts";
import type { Table } from "../model/table.ts";
import { UsageError, type CommandContext, type Terminal } from "./command.ts";
import { columns } from "./format.ts";

/** `deployment.apps/web`, `pod/web`. */
export function typedName(kind: Kind, name: string): string {
  return `${kind.singular}${kind.group === "" ? "" : `.${kind.group}`}/${name}`;
}

interface Written {
  readonly object: KubeObject;
  readonly verb: "created" | "configured" | "unchanged";
}

/** What `create` and `apply` say of an object. */
export function printWritten(context: CommandContext, kind: Kind, { object, verb }: Written): void {
  const name = typedName(kind, object.metadata.name ?? "");
  const output = context.text("output");
  if (output === undefined) context.terminal.print(`${name} ${verb}`);
  else if (output === "name") context.terminal.print(name);
  else context.terminal.write(objectText(object, output));
}

/** YAML or JSON text of an object or a list, with its line end. */
export function objectText(value: KubeObject | ObjectList<KubeObject>, format: string): string {
  if (format === "json") return `${JSON.stringify(value, null, 4)}\n`;
  if (format === "yaml") return stringify(value, { indentSeq: false, lineWidth: 0 });
  throw new UsageError(`--output is ${JSON.stringify(format)}: must be one of json, yaml, wide, name`);
}

/** Text of objects as kubectl lists them. */
export function listText(items: readonly KubeObject[], format: string): string {
  return objectText({ apiVersion: "v1", kind: "List", metadata: {}, items: [...items] }, format);
}

export interface TablePrinting {
  readonly wide: boolean;
  readonly namespaces: boolean;
  readonly heading: boolean;
  /** Prefix of the names, for listings of several kinds: `pod/`. */
  readonly prefix?: string | undefined;
}

export function tableText(table: Table, options: TablePrinting): string {
  return columns(tableCells(table, options));
}

/** The rows as text, with the heading first if it is wanted. */
export function tableCells(table: Table, options: TablePrinting): string[][] {
  const shown = table.columnDefinitions
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => options.wide || column.priority === 0);
  const heading = shown.map(({ column }) => column.name.toUpperCase());
  const rows = table.rows.map((row) => {
    const cells = shown.map(({ column, index }) => {
      const text = String(row.cells[index] ?? "");
      return column.format === "name" ? `${options.prefix ?? ""}${text}` : text;
    });
    return options.namespaces ? [row.object?.metadata.namespace ?? "", ...cells] : cells;
  });
  return options.heading ? [options.namespaces ? ["NAMESPACE", ...heading] : heading, ...rows] : rows;
}

/** Writes streamed bytes as they come, until the stream ends. */
export async function writeStream(terminal: Terminal, stream: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of stream) terminal.write(chunk);
}
