/** Keeps new pods off nodes, or lets them on again. */

import type { Client } from "../../client/client.ts";
import { node } from "../../model/kinds/core/node/node.ts";
import { UsageError, type CommandContext } from "../command.ts";

/** The names of nodes that a command was given, as `NAME` or `node/NAME`. */
export function nodeNames(context: CommandContext, command: string): readonly string[] {
  const names = context.args.map((word) => word.replace(/^nodes?\//, ""));
  if (names.length === 0)
    throw new UsageError(`nagi ${command} needs the name of a node`, "The nodes there are: nagi nodes");
  return names;
}

export async function setCordon(
  context: CommandContext,
  client: Client,
  { name, unschedulable }: { readonly name: string; readonly unschedulable: boolean },
): Promise<void> {
  const { spec } = await client.get(node, { name });
  const word = unschedulable ? "cordoned" : "uncordoned";
  if ((spec?.unschedulable ?? false) === unschedulable) {
    context.terminal.print(`node/${name} already ${word}`);
    return;
  }
  const body = { spec: { unschedulable: unschedulable ? true : null } };
  await client.patch(node, { name }, { type: "merge", body });
  context.terminal.print(`node/${name} ${word}`);
}
