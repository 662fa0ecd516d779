import type { Client, ListOptions } from "../../client/client.ts";
import type { Kind } from "../../model/kind.ts";
import type { KubeObject, ObjectList } from "../../model/meta.ts";
import type { Table } from "../../model/table.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { fileOption, manifestsOf, outputOption } from "../manifests.ts";
import { objectText, tableCells, tableText, typedName } from "../output.ts";
import { kindOf, parseTargets, type Target } from "../resources.ts";

export const command: Command = {
  name: "get",
  group: "Objects",
  summary: "List objects, or show some.",
  usage: "RESOURCE [NAME ...] | RESOURCE/NAME ... | -f FILE",
  options: [
    outputOption(["wide", "yaml", "json", "name"]),
    fileOption,
    { name: "all-namespaces", short: "A", type: "boolean", description: "In all namespaces." },
    {
      name: "selector",
      short: "l",
      type: "string",
      value: "SELECTOR",
      description: "Label selector: app=web,tier in (a,b).",
    },
    {
      name: "field-selector",
      type: "string",
      value: "SELECTOR",
      description: "Field selector: spec.nodeName=node-1.",
    },
    { name: "watch", short: "w", type: "boolean", description: "Go on with changes." },
    { name: "no-headers", type: "boolean", description: "Without the heading." },
  ],
  examples: [
    "nagi get nodes",
    "nagi get pods --watch",
    "nagi get deploy,svc -o wide",
    "nagi get pod/web -o yaml",
  ],
  async run(context) {
    const client = await context.client();
    const targets = await targetsOf(context, client);
    if (context.flag("watch")) return await watch(context, client, targets);
    const output = context.text("output");
    if (output === undefined || output === "wide") return await printTables(context, client, targets);
    return await printObjects(context, client, targets);
  },
};

async function targetsOf(context: CommandContext, client: Client): Promise<readonly Target[]> {
  if (context.texts("filename").length === 0) return await parseTargets(client, context.args);
  const objects = await manifestsOf(context);
  return await Promise.all(
    objects.map(async (object) => ({
      kind: await kindOf(client, object),
      names: [object.metadata.name ?? ""],
      namespace: object.metadata.namespace,
    })),
  );
}

async function listOptions(context: CommandContext, { kind, namespace }: Target): Promise<ListOptions> {
  const everywhere = !kind.namespaced || context.flag("all-namespaces");
  return {
    namespace: everywhere ? undefined : (namespace ?? (await context.namespace())),
    labelSelector: context.text("selector"),
    fieldSelector: context.text("field-selector"),
  };
}

async function printTables(
  context: CommandContext,
  client: Client,
  targets: readonly Target[],
): Promise<number> {
  const several = targets.length > 1;
  let rows = 0;
  const texts: string[] = [];
  for (const target of targets) {
    const options = await listOptions(context, target);
    const table = await tableOf(client, target, options);
    rows += table.rows.length;
    if (table.rows.length === 0) continue;
    texts.push(
      tableText(table, {
        wide: context.text("output") === "wide",
        namespaces: context.flag("all-namespaces") && target.kind.namespaced,
        heading: !context.flag("no-headers"),
        prefix: several ? typedName(target.kind, "") : undefined,
      }),
    );
  }
  if (rows > 0) context.terminal.print(texts.join("\n\n"));
  else {
    const everywhere = context.flag("all-namespaces") || targets.every(({ kind }) => !kind.namespaced);
    const where = everywhere ? "" : ` in ${await context.namespace()} namespace`;
    context.terminal.note(`No resources found${where}.`);
  }
  return 0;
}

async function tableOf(client: Client, { kind, names }: Target, options: ListOptions): Promise<Table> {
  if (names.length === 0) return await client.listTable(kind, options);
  const tables = await Promise.all(
    names.map(async (name) => await client.getTable(kind, { namespace: options.namespace, name })),
  );
  const [first] = tables;
  if (first === undefined) throw new UsageError("no names were given");
  return { ...first, rows: tables.flatMap((table) => table.rows) };
}

async function printObjects(
  context: CommandContext,
  client: Client,
  targets: readonly Target[],
): Promise<number> {
  const objects: { readonly kind: Kind; readonly object: KubeObject }[] = [];
  for (const target of targets) {
    const options = await listOptions(context, target);
    const found =
      target.names.length === 0
        ? (await client.list(target.kind, options)).items
        : await Promise.all(
            target.names.map(
              async (name) => await client.get(target.kind, { namespace: options.namespace, name }),
            ),
          );
    objects.push(...found.map((object) => ({ kind: target.kind, object })));
  }
  const output = context.text("output") ?? "yaml";
  if (output === "name")
    for (const { kind, object } of objects)
      context.terminal.print(typedName(kind, object.metadata.name ?? ""));
  else {
    const [only] = objects;
    const single = only !== undefined && objects.length === 1 && (targets[0]?.names.length ?? 0) === 1;
    const list: ObjectList<KubeObject> = {
      apiVersion: "v1",
      kind: "List",
      metadata: { resourceVersion: "" },
      items: objects.map(({ object }) => object),
    };
    context.terminal.write(objectText(single ? only.object : list, output));
  }
  return 0;
}

async function watch(context: CommandContext, client: Client, targets: readonly Target[]): Promise<number> {
  const [target] = targets;
  if (target === undefined || targets.length > 1) throw new UsageError("--watch takes one kind of resource");
  const [name] = target.names;
  if (target.names.length > 1) throw new UsageError("--watch takes one name at most");
  const { fieldSelector, ...options } = await listOptions(context, target);
  const selector = name === undefined ? fieldSelector : `metadata.name=${name}`;
  const output = context.text("output");
  if (output !== undefined && output !== "wide")
    return await watchObjects(context, client, {
      kind: target.kind,
      options: { ...options, fieldSelector: selector },
      output,
    });
  const printing = {
    wide: output === "wide",
    namespaces: context.flag("all-namespaces") && target.kind.namespaced,
    heading: true,
  };
  const widths: number[] = [];
  let columns: Table["columnDefinitions"] = [];
  let heading = !context.flag("no-headers");
  const events = client.watchTable(target.kind, {
    ...options,
    fieldSelector: selector,
    signal: context.signal,
  });
  for await (const event of events) {
    if (event.type === "BOOKMARK") continue;
    // A server may name the columns in its first event only.
    if (event.table.columnDefinitions.length > 0) columns = event.table.columnDefinitions;
    const cells = tableCells({ ...event.table, columnDefinitions: columns }, printing);
    for (const row of heading ? cells : cells.slice(1)) context.terminal.print(alignedRow(row, widths));
    heading = false;
  }
  return 0;
}

interface Watched {
  readonly kind: Kind;
  readonly options: ListOptions;
  readonly output: string;
}

/** Each object by itself, as it is there and whenever it changes. */
async function watchObjects(
  context: CommandContext,
  client: Client,
  { kind, options, output }: Watched,
): Promise<number> {
  const { terminal } = context;
  for await (const event of client.watch(kind, { ...options, signal: context.signal })) {
    if (event.type === "BOOKMARK") continue;
    const { object } = event;
    if (output === "name") terminal.print(typedName(kind, object.metadata.name ?? ""));
    else terminal.write(`${output === "yaml" ? "---\n" : ""}${objectText(object, output)}`);
  }
  return 0;
}

/** Columns grow with what has been seen so far, so that lines stay below each other. */
function alignedRow(row: readonly string[], widths: number[]): string {
  row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  return row
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join("   ")
    .trimEnd();
}
