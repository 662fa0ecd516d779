import { appLabel, cronLabel, processLabel, releaseLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { isConditionTrue } from "../../model/conditions.ts";
import { event } from "../../model/kinds/core/event/event.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { sizeText } from "../../model/kinds/nagi/process-sizes.ts";
import type { Table } from "../../model/table.ts";
import { autoscalersOf } from "../autoscale/app-autoscalers.ts";
import { appOption, getApp } from "../app.ts";
import type { Command, CommandContext } from "../command.ts";
import { failingChecks } from "../checks/check-text.ts";
import { listObjects, listOptions } from "../listing.ts";
import { instanceNames } from "../process-types.ts";
import { startedReplicasOf } from "../../model/kinds/nagi/app/process-replicas.ts";

export const command: Command = {
  name: "ps",
  group: "Processes",
  summary: "List an app's processes with their release, size, state and node.",
  usage: "[NAME]",
  options: [appOption, ...listOptions],
  async run(context) {
    const found = await getApp(context, context.args[0]);
    const { name = "" } = found.metadata;
    if (context.text("output") === undefined) printTypes(context, found);
    await listObjects(context, pod, {
      labelSelector: `${appLabel}=${name}`,
      change: withInstances,
      empty:
        found.status?.currentRelease === undefined
          ? `App ${name} has no release yet. Deploy it: git push nagi main`
          : await sleepText(context, found),
    });
    if (context.text("output") === undefined) await printFailing(context, found);
  },
};

/** Which checks fail, what was asked and what came back, below the table. */
async function printFailing(context: CommandContext, { metadata: { name, namespace } }: App): Promise<void> {
  const client = await context.client();
  const { items: pods } = await client.list(pod, { namespace, labelSelector: `${appLabel}=${name}` });
  if (pods.every(({ status }) => isConditionTrue(status?.conditions, "Ready"))) return;
  const { items: events } = await client.list(event, { namespace, fieldSelector: "reason=Unhealthy" });
  const numbers = instanceNames(pods);
  const nameOf = ({ metadata }: Pod): string => numbers.get(metadata.name ?? "") ?? metadata.name ?? "";
  const lines = failingChecks(pods, events, { nameOf, nowMs: Date.now() });
  for (const line of lines) context.terminal.print(line);
}

function startHint({ metadata: { name }, spec }: App): string {
  const isStopped = Object.values(spec?.processes ?? {}).some(({ stopped }) => stopped === true);
  return isStopped ? `Start it: nagi start --app ${name}` : `Start one: nagi scale web=1 --app ${name}`;
}

function printTypes({ terminal }: CommandContext, found: App): void {
  for (const [type, { desired = 0, ready = 0 }] of Object.entries(found.status?.processes ?? {})) {
    const { resources, stopped } = found.spec?.processes?.[type] ?? {};
    const size = sizeText(resources);
    const state =
      stopped === true
        ? `stopped (${startedReplicasOf(found, type)} when started)`
        : `${ready} of ${desired} ready`;
    terminal.print(`=== ${type}: ${state}${size === "" ? "" : ` (${size})`}`);
  }
}

async function sleepText(context: CommandContext, found: App): Promise<string> {
  const { name } = found.metadata;
  const autoscaler = (await autoscalersOf(context, found)).get("web");
  const isStopped = found.spec?.processes?.["web"]?.stopped === true;
  if (autoscaler?.spec.minReplicas === 0 && !isStopped)
    return `web of ${name} sleeps: the next request wakes it. See: nagi autoscale ${name}`;
  return `No process of ${name} runs. ${startHint(found)}`;
}

const runningWords = ["Pending", "ContainerCreating", "Running", "Terminating"];

/** With web.1, web.2 ... and the release, of which several may run at a time, before the pods' names. */
function withInstances(table: Table): Table {
  const objects = table.rows.flatMap(({ object }) => (object === undefined ? [] : [object]));
  const numbers = instanceNames(objects);
  const column = (name: string, description: string) =>
    ({ name, type: "string", format: "", description, priority: 0 }) as const;
  const status = table.columnDefinitions.findIndex(({ name }) => name === "Status");
  // What became of cron jobs is in their history.
  const isShown = ({ object, cells }: Table["rows"][number]): boolean =>
    object?.metadata.labels?.[cronLabel] === undefined || runningWords.includes(String(cells[status]));
  const rows = table.rows.filter(isShown).map((row) => {
    const { name = "", labels = {} } = row.object?.metadata ?? {};
    const type = labels[processLabel] ?? "";
    return { ...row, cells: [numbers.get(name) ?? type, labels[releaseLabel] ?? "", ...row.cells] };
  });
  const counting = new Intl.Collator("en", { numeric: true });
  rows.sort((a, b) => counting.compare(String(a.cells[0]), String(b.cells[0])));
  const own = [column("Process", "Its number."), column("Release", "What it runs.")];
  return { ...table, columnDefinitions: [...own, ...table.columnDefinitions], rows };
}
