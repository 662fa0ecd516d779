/** Listings of one kind, shared by the commands that are one: apps, releases, builds, nodes. */

import type { Kind } from "../model/kind.ts";
import type { KubeObject } from "../model/meta.ts";
import type { Table, TableRow } from "../model/table.ts";
import type { CommandContext, Option } from "./command.ts";
import { outputOption } from "./manifests.ts";
import { objectText, tableText, typedName } from "./output.ts";

export const listOptions: readonly Option[] = [
  outputOption(["wide", "yaml", "json", "name"]),
  { name: "all-namespaces", short: "A", type: "boolean", description: "In all namespaces." },
];

export interface Listing {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Names end in numbers that count: v2 stands before v10. */
  readonly numbered?: boolean | undefined;
  /** What becomes of the table before it is printed. */
  readonly change?: ((table: Table) => Table) | undefined;
  /** Said when there is nothing. */
  readonly empty: string;
}

export async function listObjects<T extends KubeObject>(
  context: CommandContext,
  kind: Kind<T>,
  listing: Listing,
): Promise<void> {
  const client = await context.client();
  const all = context.flag("all-namespaces") || !kind.namespaced;
  const { labelSelector, fieldSelector } = listing;
  const options = { namespace: all ? undefined : await context.namespace(), labelSelector, fieldSelector };
  const output = context.text("output");
  if (output === undefined || output === "wide") {
    const listed = await client.listTable(kind, options);
    const ordered = listing.numbered === true ? { ...listed, rows: listed.rows.toSorted(byNumber) } : listed;
    const table = listing.change?.(ordered) ?? ordered;
    if (table.rows.length === 0) context.terminal.note(listing.empty);
    else
      context.terminal.print(
        tableText(table, { wide: output === "wide", namespaces: all && kind.namespaced, heading: true }),
      );
    return;
  }
  const list = await client.list(kind, options);
  if (output === "name")
    for (const item of list.items) context.terminal.print(typedName(kind, item.metadata.name ?? ""));
  else context.terminal.write(objectText(list, output));
}

const counting = new Intl.Collator("en", { numeric: true });

function byNumber(left: TableRow, right: TableRow): number {
  return counting.compare(left.object?.metadata.name ?? "", right.object?.metadata.name ?? "");
}
