import { node, type Node } from "../../model/kinds/core/node/node.ts";
import { isNotFound } from "../../model/status.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { listObjects, listOptions } from "../listing.ts";
import { parseLabels, parseTaint, taintText, withoutTaints, withTaints } from "../nodes/node-edits.ts";

/** What each action takes behind the node. */
const actions: Readonly<Record<string, string>> = {
  label: "KEY=VALUE ...",
  unlabel: "KEY ...",
  taint: "KEY[=VALUE]:EFFECT ...",
  untaint: "KEY[:EFFECT] ...",
};

export const command: Command = {
  name: "nodes",
  group: "Platform",
  summary: "List the nodes with their state and capacity; change their labels and taints.",
  usage:
    "[label NODE KEY=VALUE ... | unlabel NODE KEY ... | taint NODE KEY[=VALUE]:EFFECT ... | untaint NODE KEY ...]",
  description:
    "Pods choose nodes by labels (nodeSelector, affinity). A taint keeps pods away that do not tolerate it: with\n" +
    "NoSchedule new ones, with PreferNoSchedule where there is another place, with NoExecute also those that run there.\n" +
    "See also: nagi pools, nagi cordon, nagi drain.",
  subcommands: ["list", ...Object.keys(actions)],
  options: listOptions,
  examples: [
    "nagi nodes",
    "nagi nodes label node-2 disk=ssd",
    "nagi nodes taint node-2 gpu=yes:NoSchedule",
    "nagi nodes untaint node-2 gpu",
  ],
  async run(context) {
    const [action = "list", name, ...words] = context.args;
    if (action === "list") return await list(context);
    const takes = actions[action];
    if (takes === undefined)
      throw new UsageError(
        `nagi nodes has no action ${JSON.stringify(action)}`,
        `The actions: list, ${Object.keys(actions).join(", ")}. One node: nagi describe node NAME`,
      );
    if (name === undefined)
      throw new UsageError(
        `nagi nodes ${action} needs the name of a node`,
        "The nodes there are: nagi nodes",
      );
    if (words.length === 0)
      throw new UsageError(
        `nagi nodes ${action} needs to know what`,
        `nagi nodes ${action} ${name} ${takes}`,
      );
    await edit(context, { action, name: name.replace(/^nodes?\//, ""), words });
  },
};

async function list(context: CommandContext): Promise<void> {
  await listObjects(context, node, {
    empty: "No nodes. The platform is starting, or its agent has failed: nagi status",
  });
}

interface Edit {
  readonly action: string;
  readonly name: string;
  readonly words: readonly string[];
}

async function edit(context: CommandContext, { action, name, words }: Edit): Promise<void> {
  const change = action.endsWith("label") ? labelChange(action, words) : undefined;
  const client = await context.client();
  const found = await getNode(context, name);
  const { resourceVersion } = found.metadata;
  if (change === undefined) {
    const present = found.spec?.taints ?? [];
    const taints =
      action === "taint" ? withTaints(present, words.map(parseTaint)) : withoutTaints(present, words);
    const body = { metadata: { resourceVersion }, spec: { taints } };
    await client.patch(node, { name }, { type: "merge", body });
    context.terminal.print(`node/${name} has the taints: ${taints.map(taintText).join(", ") || "none"}`);
    return;
  }
  const missing = Object.entries(change).find(
    ([key, value]) => value === null && found.metadata.labels?.[key] === undefined,
  );
  if (missing !== undefined)
    throw new UsageError(
      `${name} has no label ${JSON.stringify(missing[0])}`,
      `It has: ${Object.keys(found.metadata.labels ?? {}).join(", ")}`,
    );
  await client.patch(node, { name }, { type: "merge", body: { metadata: { labels: change } } });
  context.terminal.print(`node/${name} ${action}ed: ${words.join(" ")}`);
}

function labelChange(action: string, words: readonly string[]): Readonly<Record<string, string | null>> {
  return action === "label" ? parseLabels(words) : Object.fromEntries(words.map((key) => [key, null]));
}

async function getNode(context: CommandContext, name: string): Promise<Node> {
  try {
    return await (await context.client()).get(node, { name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(`there is no node ${JSON.stringify(name)}`, "The nodes there are: nagi nodes");
  }
}
