import { isConditionTrue } from "../../model/conditions.ts";
import { node, type Node } from "../../model/kinds/core/node/node.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { checkPool, poolLabel } from "../../model/kinds/nagi/app/app-placement.ts";
import { isNotFound } from "../../model/status.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";

const actions = ["list", "add", "remove", "reserve", "open"];

export const command: Command = {
  name: "pools",
  group: "Platform",
  summary:
    "List the pools of nodes, put nodes into one or take them out, reserve one for apps that ask for it.",
  usage: "[add POOL NODE ... | remove NODE ... | reserve POOL | open POOL]",
  description:
    "A pool is the nodes with the label nagi.dev/pool=POOL; a node is in one at most. nagi placement --pool POOL makes an\n" +
    "app run there. On a pool that is reserved no others run: a taint keeps new instances of them away.",
  subcommands: actions,
  examples: [
    "nagi pools",
    "nagi pools add fast node-1 node-2",
    "nagi pools reserve fast",
    "nagi pools remove node-2",
  ],
  async run(context) {
    const [action = "list", ...words] = context.args;
    const [first] = words;
    if (action === "list") return await list(context);
    if (!actions.includes(action))
      throw new UsageError(
        `nagi pools has no action ${JSON.stringify(action)}`,
        `The actions: ${actions.join(", ")}`,
      );
    if (first === undefined)
      throw new UsageError(
        `nagi pools ${action} needs ${action === "remove" ? "a node" : "a pool"}`,
        "See: nagi pools",
      );
    if (action === "add") return await add(context, first, words.slice(1));
    if (action === "remove") return await remove(context, words);
    await reserve(context, first, action === "reserve");
  },
};

async function list(context: CommandContext): Promise<void> {
  const client = await context.client();
  const [{ items: nodes }, { items: apps }] = [await client.list(node), await client.list(app)];
  const named = Map.groupBy(nodes, poolOf);
  const rows = [...named.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([pool, members]) => {
      const users = apps.filter(({ spec }) => pool !== "" && spec?.placement?.pool === pool);
      const ready = members.filter(({ status }) => isConditionTrue(status?.conditions, "Ready"));
      return [
        pool === "" ? "(none)" : pool,
        members.map(({ metadata }) => metadata.name).join(", "),
        `${ready.length}/${members.length}`,
        members.some(isReserved) ? "apps that ask for it" : "all apps",
        users.map(({ metadata }) => metadata.name).join(", ") || "-",
      ];
    });
  context.terminal.print(columns([["POOL", "NODES", "READY", "OPEN TO", "ASKED FOR BY"], ...rows]));
}

function poolOf({ metadata }: Node): string {
  return metadata.labels?.[poolLabel] ?? "";
}

function isReserved({ spec }: Node): boolean {
  return (spec?.taints ?? []).some(({ key }) => key === poolLabel);
}

async function add(context: CommandContext, pool: string, names: readonly string[]): Promise<void> {
  const problem = checkPool(pool);
  if (problem !== undefined) throw new UsageError(`the pool's name is ${JSON.stringify(pool)}: ${problem}`);
  if (names.length === 0)
    throw new UsageError(`nagi pools add ${pool} needs the nodes to add`, "The nodes there are: nagi nodes");
  const { items } = await (await context.client()).list(node, { labelSelector: `${poolLabel}=${pool}` });
  const reserved = items.some(isReserved);
  // All are looked for before the first is changed.
  for (const found of await nodesOf(context, names)) await setPool(context, found, { pool, reserved });
  context.terminal.print(`Added ${names.join(", ")} to the pool ${pool}`);
}

async function remove(context: CommandContext, names: readonly string[]): Promise<void> {
  for (const found of await nodesOf(context, names))
    await setPool(context, found, { pool: null, reserved: false });
  context.terminal.print(`${names.join(", ")}: in no pool. What runs there stays until it is made anew`);
}

async function reserve(context: CommandContext, pool: string, reserved: boolean): Promise<void> {
  const { items } = await (await context.client()).list(node, { labelSelector: `${poolLabel}=${pool}` });
  if (items.length === 0)
    throw new UsageError(`no node is in a pool ${JSON.stringify(pool)}`, "The pools there are: nagi pools");
  for (const found of items) await setPool(context, found, { pool, reserved });
  context.terminal.print(
    reserved
      ? `Reserved ${pool}: only apps with nagi placement --pool ${pool} are placed there from now on`
      : `Opened ${pool} to all apps`,
  );
}

async function nodesOf(context: CommandContext, names: readonly string[]): Promise<Node[]> {
  const client = await context.client();
  const found: Node[] = [];
  for (const name of names)
    try {
      found.push(await client.get(node, { name }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new UsageError(`there is no node ${name}`, "The nodes there are: nagi nodes");
    }
  return found;
}

interface Membership {
  readonly pool: string | null;
  readonly reserved: boolean;
}

async function setPool(context: CommandContext, found: Node, { pool, reserved }: Membership): Promise<void> {
  const { name = "", resourceVersion } = found.metadata;
  const others = (found.spec?.taints ?? [])
    .filter(({ key }) => key !== poolLabel)
    .map((taint) => ({ ...taint }));
  const own =
    reserved && pool !== null ? [{ key: poolLabel, value: pool, effect: "NoSchedule" as const }] : [];
  const body = {
    metadata: { resourceVersion, labels: { [poolLabel]: pool } },
    spec: { taints: [...others, ...own] },
  };
  await (await context.client()).patch(node, { name }, { type: "merge", body });
}
