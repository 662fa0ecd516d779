import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { node } from "../../model/kinds/core/node/node.ts";
import { pod } from "../../model/kinds/core/pod/pod.ts";
import { priorityClass } from "../../model/kinds/scheduling/priorityclass/priorityclass.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { poolLabel, type AppPlacement } from "../../model/kinds/nagi/app/app-placement.ts";
import type { JsonValue } from "../../model/schema.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { changeApp } from "../rolled-out.ts";

export const command: Command = {
  name: "placement",
  group: "Processes",
  summary: "Show or say on which nodes an app's instances run, and before whose.",
  usage: "[--pool POOL] [--avoid POOL] [--spread node|zone] [--priority CLASS]",
  description:
    "The options change only what they name. Instances are made anew where they belong, one after the other; when there\n" +
    "is no room for them there, the old ones go on. Cron jobs keep to the pools too. Who has the higher priority is placed\n" +
    "first, and goes last when memory or disk of the machine run short.",
  options: [
    appOption,
    {
      name: "pool",
      type: "string",
      value: "POOL",
      description: "Run on nodes of this pool; any takes that back.",
    },
    {
      name: "avoid",
      type: "string",
      value: "POOL",
      multiple: true,
      description: "Do not run on nodes of this pool; may be given several times; none takes that back.",
    },
    {
      name: "spread",
      type: "string",
      value: "OVER",
      choices: ["node", "zone", "none"],
      description:
        "Divide the instances of a process type as evenly as can be over nodes or zones; none takes that back.",
    },
    {
      name: "strict",
      type: "boolean",
      description: "An instance waits rather than run where it would be divided unevenly.",
    },
    {
      name: "priority",
      type: "string",
      value: "CLASS",
      description: "Have the priority of this PriorityClass; default takes that back.",
    },
    { name: "no-wait", type: "boolean", description: "Do not wait until all are new." },
  ],
  examples: [
    "nagi placement",
    "nagi placement --spread zone --pool fast",
    "nagi placement --avoid gpu",
    "nagi placement --pool any --spread none",
    "nagi placement --priority urgent",
  ],
  async run(context) {
    if (context.args.length > 0)
      throw new UsageError(
        `nagi placement takes no ${JSON.stringify(context.args[0])}`,
        "For instance: nagi placement --pool fast --app shop",
      );
    const found = await getApp(context);
    const placement = await wishesOf(context, found);
    if (placement === undefined) return await show(context, found);
    await changeApp(context, found, { placement });
    const { namespace, name = "" } = found.metadata;
    await show(context, await (await context.client()).get(appKind, { namespace, name }));
  },
};

/** As a patch; undefined when nothing is asked for. */
async function wishesOf(context: CommandContext, found: App): Promise<JsonValue | undefined> {
  const [pool, avoid, spread] = [context.text("pool"), context.texts("avoid"), context.text("spread")];
  const strict = context.flag("strict");
  const priority = context.text("priority");
  const wishes = [pool, spread, priority].filter((wish) => wish !== undefined);
  if (wishes.length === 0 && avoid.length === 0 && !strict) return undefined;
  if (pool !== undefined && pool !== "any") await checkThere(context, pool);
  if (priority !== undefined && priority !== "default") await checkClass(context, priority);
  const after = spread ?? found.spec?.placement?.spread ?? "none";
  if (strict && after === "none") throw new UsageError("--strict needs --spread node or --spread zone");
  const names = avoid.filter((name) => name !== "none");
  return {
    ...orTakenBack("pool", pool, "any"),
    ...(avoid.length === 0 ? {} : { avoid: names.length === 0 ? null : [...names] }),
    ...orTakenBack("spread", spread, "none"),
    ...orTakenBack("priority", priority, "default"),
    // Another way to divide is a wish again, until it is said to be more.
    ...(spread === undefined && !strict ? {} : { strict: strict ? true : null }),
  };
}

function orTakenBack(field: string, value: string | undefined, none: string): Record<string, string | null> {
  return value === undefined ? {} : { [field]: value === none ? null : value };
}

/** Instances would wait for ever on a pool that was misspelt. */
async function checkThere(context: CommandContext, pool: string): Promise<void> {
  const { items } = await (await context.client()).list(node);
  const pools = [...new Set(items.flatMap(({ metadata }) => metadata.labels?.[poolLabel] ?? []))];
  if (pools.includes(pool)) return;
  throw new UsageError(
    `no node is in a pool ${JSON.stringify(pool)}`,
    `The pools there are: ${pools.join(", ") || "none"}. Put a node into it: nagi pools add ${pool} NODE`,
  );
}

/** Pods that name a class that is not there are refused, each time they are made. */
async function checkClass(context: CommandContext, name: string): Promise<void> {
  const { items } = await (await context.client()).list(priorityClass);
  const names = items.map(({ metadata }) => metadata.name ?? "");
  if (names.includes(name)) return;
  throw new UsageError(
    `there is no PriorityClass ${JSON.stringify(name)}`,
    `Those there are: ${names.join(", ")}. Make it: kubectl create priorityclass ${name} --value=1000`,
  );
}

export function placementText({ pool, avoid = [], spread, strict, priority }: AppPlacement = {}): string {
  const where = pool === undefined ? "on any node" : `on nodes of the pool ${pool}`;
  const not = avoid.length === 0 ? "" : `, not on those of ${avoid.join(" or ")}`;
  const over = spread === "zone" ? "zones, then nodes" : "nodes";
  const how = strict === true ? "evenly, or else waiting" : "as evenly as can be";
  const first = priority === undefined ? "" : `; with the priority ${priority}`;
  return `${where}${not}${spread === undefined ? "" : `; divided over ${over} ${how}`}${first}`;
}

async function show(context: CommandContext, { metadata, spec }: App): Promise<void> {
  const { terminal } = context;
  terminal.print(`Instances of ${metadata.name} run ${placementText(spec?.placement)}.`);
  const client = await context.client();
  const labelSelector = `${appLabel}=${metadata.name}`;
  const { items: pods } = await client.list(pod, { namespace: metadata.namespace, labelSelector });
  const here = pods.filter(({ metadata: { deletionTimestamp }, status }) => {
    return deletionTimestamp === undefined && (status?.phase === "Running" || status?.phase === "Pending");
  });
  if (here.length === 0) return;
  const counts = new Map<string, number>();
  for (const {
    spec: { nodeName = "(no node yet)" },
  } of here)
    counts.set(nodeName, (counts.get(nodeName) ?? 0) + 1);
  const { items: nodes } = await client.list(node);
  const labelOf = (name: string, label: string): string =>
    nodes.find((each) => each.metadata.name === name)?.metadata.labels?.[label] ?? "-";
  const rows = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => {
      return [name, labelOf(name, poolLabel), labelOf(name, "topology.kubernetes.io/zone"), String(count)];
    });
  terminal.print(columns([["NODE", "POOL", "ZONE", "INSTANCES"], ...rows]));
}
