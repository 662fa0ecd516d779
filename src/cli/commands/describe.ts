import type { Client } from "../../client/client.ts";
import { event, type Event } from "../../model/kinds/core/event/event.ts";
import type { KubeObject } from "../../model/meta.ts";
import { ageText } from "../../model/table.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { describeText } from "../describe-text.ts";
import { columns } from "../format.ts";
import { parseTargets } from "../resources.ts";

export const command: Command = {
  name: "describe",
  group: "Objects",
  summary: "Show all of an object, with its events.",
  usage: "RESOURCE NAME ... | RESOURCE/NAME ...",
  options: [
    {
      name: "selector",
      short: "l",
      type: "string",
      value: "SELECTOR",
      description: "Label selector of what to show.",
    },
    { name: "no-events", type: "boolean", description: "Without the events." },
  ],
  examples: ["nagi describe pod hello", "nagi describe node/node-1"],
  async run(context) {
    const client = await context.client();
    const namespace = await context.namespace();
    const texts: string[] = [];
    for (const { kind, names } of await parseTargets(client, context.args)) {
      const scope = kind.namespaced ? namespace : undefined;
      const objects =
        names.length > 0
          ? await Promise.all(names.map(async (name) => await client.get(kind, { namespace: scope, name })))
          : (await client.list(kind, { namespace: scope, labelSelector: context.text("selector") })).items;
      for (const object of objects) texts.push(await describeOne(context, client, object));
    }
    if (texts.length === 0) throw new UsageError("nothing found to describe");
    context.terminal.print(texts.join("\n\n\n"));
  },
};

async function describeOne(context: CommandContext, client: Client, object: KubeObject): Promise<string> {
  const text = describeText(object);
  if (context.flag("no-events")) return text;
  const { name = "", namespace, uid = "" } = object.metadata;
  const { items } = await client.list(event, {
    namespace: namespace ?? "default",
    fieldSelector: `involvedObject.name=${name},involvedObject.uid=${uid}`,
  });
  return `${text}\n${eventsText(items, Date.now())}`;
}

function eventsText(events: readonly Event[], nowMs: number): string {
  if (events.length === 0) return "Events:  <none>";
  const last = ({ lastTimestamp, eventTime, metadata }: Event): string =>
    lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "";
  const rows = events
    .toSorted((a, b) => (last(a) < last(b) ? -1 : 1))
    .map((item) => {
      const times = (item.count ?? 1) > 1 ? ` (x${item.count})` : "";
      const from = item.source?.component ?? item.reportingComponent ?? "";
      return [
        "",
        item.type ?? "",
        item.reason ?? "",
        `${ageText(last(item), nowMs)}${times}`,
        from,
        item.message ?? "",
      ];
    });
  return `Events:\n${columns([["", "Type", "Reason", "Age", "From", "Message"], ...rows])}`;
}
