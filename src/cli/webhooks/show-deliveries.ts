/** What an app was told by webhooks, and what came of it. */

import type { WebhookDelivery } from "../../model/kinds/nagi/webhookdelivery/webhookdelivery.ts";
import { ageText } from "../../model/table.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { listText, objectText } from "../output.ts";
import { deliveriesOf, deliveryIdOf, findDelivery } from "./find-webhook.ts";

const listedDeliveries = 20;

export async function showDeliveries(
  context: CommandContext,
  [word, id, more]: readonly string[],
): Promise<void> {
  if (word === "info" && more === undefined) return info(context, await findDelivery(context, id));
  if (word !== undefined)
    throw new UsageError(
      `nagi webhooks deliveries takes no ${JSON.stringify(more ?? word)}`,
      "One of them: nagi webhooks deliveries info DELIVERY",
    );
  const told = await deliveriesOf(context);
  if (context.text("output") === "json") return context.terminal.write(listText(told, "json"));
  if (told.length === 0) return context.terminal.note("Nothing was told yet. Try it: nagi webhooks test");
  const rows = told
    .slice(0, listedDeliveries)
    .map((each) => [
      deliveryIdOf(each),
      each.spec.event,
      shortRef(each),
      each.spec.commit?.slice(0, 7) ?? "",
      each.status?.phase ?? "Pending",
      each.status?.build ?? each.status?.reason ?? "",
      ageText(each.metadata.creationTimestamp, Date.now()),
    ]);
  context.terminal.print(columns([["DELIVERY", "EVENT", "REF", "COMMIT", "RESULT", "WHAT", "AGE"], ...rows]));
  if (told.length > rows.length)
    context.terminal.note(`${told.length - rows.length} older ones: nagi get webhookdeliveries`);
}

function shortRef({ spec }: WebhookDelivery): string {
  return spec.ref?.replace(/^refs\/(heads|tags)\//, "") ?? "";
}

function info(context: CommandContext, found: WebhookDelivery): void {
  const { spec, status = {}, metadata } = found;
  const { terminal } = context;
  if (context.text("output") === "json") return terminal.write(objectText(found, "json"));
  const { changedFiles = [], areFilesKnown } = spec;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Delivery:", deliveryIdOf(found)],
    ["Of the forge:", spec.id],
    ["Webhook:", spec.webhook],
    ["Replay of:", spec.replayOf],
    ["Time:", metadata.creationTimestamp],
    ["Event:", spec.event],
    ["Ref:", spec.ref],
    ["Commit:", [spec.commit, spec.message?.split("\n")[0]].filter(Boolean).join(" ")],
    ["By:", spec.sender ?? spec.author?.name],
    ["Files:", areFilesKnown === true ? changedFiles.join(", ") : "not told"],
    ["Result:", status.phase ?? "Pending"],
    ["Reason:", status.reason],
    ["Message:", status.message],
    ["Build:", status.build],
  ];
  terminal.print(
    columns(rows.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value]]))),
  );
}
