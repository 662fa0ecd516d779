/** Which webhook or delivery of the app is meant. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { webhook as webhookKind, type Webhook } from "../../model/kinds/nagi/webhook/webhook.ts";
import {
  webhookDelivery,
  type WebhookDelivery,
} from "../../model/kinds/nagi/webhookdelivery/webhookdelivery.ts";
import { appName } from "../app.ts";
import { UsageError, type CommandContext } from "../command.ts";

export async function hooksOf(context: CommandContext): Promise<readonly Webhook[]> {
  const client = await context.client();
  const app = await appName(context);
  const { items } = await client.list(webhookKind, { namespace: await context.namespace() });
  return items.filter(({ spec }) => spec.app === app);
}

/** The last part of its name: `1f2e3d4c5b6a7988`. */
export function idOf({ metadata, spec }: Webhook): string {
  return (metadata.name ?? "").slice(spec.app.length + 1);
}

/** Without an id the only one is meant. */
export async function findHook(context: CommandContext, given: string | undefined): Promise<Webhook> {
  const hooks = await hooksOf(context);
  const fits = (hook: Webhook): boolean => given === idOf(hook) || given === hook.metadata.name;
  const found = given === undefined && hooks.length === 1 ? hooks[0] : hooks.find(fits);
  if (found !== undefined) return found;
  const app = await appName(context);
  if (hooks.length === 0)
    throw new UsageError(`app ${app} has no webhooks`, `Add one: nagi webhooks add --app ${app}`);
  throw new UsageError(
    given === undefined ? `app ${app} has several webhooks` : `app ${app} has no webhook ${given}`,
    `There are: ${hooks.map(idOf).join(", ")}`,
  );
}

/** Newest first. */
export async function deliveriesOf(context: CommandContext): Promise<readonly WebhookDelivery[]> {
  const client = await context.client();
  const labelSelector = `${appLabel}=${await appName(context)}`;
  const { items } = await client.list(webhookDelivery, {
    namespace: await context.namespace(),
    labelSelector,
  });
  const time = ({ metadata, status }: WebhookDelivery): string =>
    `${metadata.creationTimestamp ?? ""} ${status?.decidedAt ?? ""}`;
  return items.toSorted((a, b) => (time(a) < time(b) ? 1 : -1));
}

/** The last part of its name. */
export function deliveryIdOf({ metadata, spec }: WebhookDelivery): string {
  return (metadata.name ?? "").slice(spec.webhook.length + 1);
}

export async function findDelivery(
  context: CommandContext,
  given: string | undefined,
): Promise<WebhookDelivery> {
  const deliveries = await deliveriesOf(context);
  const fits = (each: WebhookDelivery): boolean =>
    given === undefined || [deliveryIdOf(each), each.metadata.name, each.spec.id].includes(given);
  const found = deliveries.find(fits);
  if (found !== undefined) return found;
  const app = await appName(context);
  throw new UsageError(
    given === undefined ? `app ${app} was told of nothing yet` : `app ${app} has no delivery ${given}`,
    "See: nagi webhooks deliveries. The newest fifty of each webhook are kept.",
  );
}
